import { drilledPair } from "../../drill/drilledPair.ts";
import { startConnectionLoad } from "../../harness/startConnectionLoad.ts";
import type { BenchProject } from "../benchProject.ts";
import { atLeast, atMost, information } from "../figure.ts";
import type { Findings } from "../findings.ts";
import { changeConfig } from "./changeConfig.ts";

const reloads = 4;
/** Above the 500 that the goal speaks of, so that a slow moment of the load's own does not bring it below. */
const perSecond = 540;

/** New connections all the time while roll-outs reload haproxy on both nodes: none may be lost. */
export async function measureReload(project: BenchProject): Promise<Findings> {
  const { lab, vip } = drilledPair(project.topology, await project.outputs());
  const load = startConnectionLoad(lab, {
    host: vip.address,
    port: vip.port,
    perSecond,
    maxSeconds: 45,
    maxAttempts: 24_000,
    deadlineMs: 3000,
  });
  try {
    for (let reload = 0; reload < reloads; reload += 1) await changeConfig(project);
  } finally {
    // Also where a change fails: the load must not outlive its measurement.
    await load.stop();
  }
  const { failed, perSecond: reached, attempted, reasons } = await load.stop();
  console.error(
    `reload under load: ${attempted} connections, ${reached}/s, failed ${JSON.stringify(reasons)}`,
  );
  return {
    figures: [
      atMost(0, "connections lost by reloads under load", failed, ""),
      atLeast(500, "new connections during reloads", reached, "1/s"),
      information("reloads of each node under load", reloads, ""),
    ],
  };
}
