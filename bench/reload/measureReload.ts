import * as z from "zod";
import { Failure } from "../../base/failure.ts";
import { holdersOf, hostStatuses, runOnHost } from "../../cli/hosts/ask.ts";
import type { Connection } from "../../contract/stackOutputs.ts";
import { drilledPair } from "../../drills/pair.ts";
import { changeConfig } from "../commands.ts";
import type { Findings } from "../figure.ts";
import { atLeast, atMost, type Figure, information } from "../figure.ts";
import type { BenchProject } from "../project.ts";
import { type LoadResult, startConnectionLoad } from "./connectionLoad.ts";

/** A host keeps five bundles, so it can go back four times. */
const reloads = 4;

const Outcome = z.looseObject({ reloaded: z.array(z.string()) });

/**
 * Opens new connections all the time while the holder goes back bundle by bundle: each step is an apply that reloads
 * haproxy, and no connection may be lost. The bundles are rolled out before, as a roll-out would take processor time
 * from the load.
 */
export async function measureReload(project: BenchProject): Promise<Findings> {
  for (let change = 0; change < reloads; change += 1) await changeConfig(project);
  const outputs = await project.outputs();
  const { lab, vip } = drilledPair(project.topology, outputs);
  const [holder = ""] = holdersOf(await hostStatuses(outputs.ssh));
  const connection = outputs.ssh[holder];
  if (!connection) throw new Failure("no node holds the virtual address of the bench's pair");
  const load = startConnectionLoad(lab, {
    host: vip.address,
    port: vip.port,
    // Above the goal of 500, as the load itself has slow moments.
    perSecond: 540,
    maxSeconds: 26,
    maxAttempts: 14_000,
    // A lost connection never gets an answer; on a busy machine an answer takes seconds.
    deadlineMs: 20_000,
  });
  try {
    for (let reload = 0; reload < reloads; reload += 1) await goBack(holder, connection);
    const result = await load.stop();
    const { attempted, perSecond, reasons } = result;
    console.error(`reload: ${attempted} connections, ${perSecond}/s, failed ${JSON.stringify(reasons)}`);
    await changeConfig(project);
    return { figures: reloadFigures(reloads, result) };
  } finally {
    await load.close();
  }
}

/** @throws Failure where nothing was reloaded */
async function goBack(holder: string, connection: Connection): Promise<void> {
  const { failure, stdout, stderr } = await runOnHost(connection, "sudo hapair rollback --json", 30_000);
  if (failure) throw new Failure(`hapair rollback on ${holder}: ${stderr}`);
  if (!Outcome.parse(JSON.parse(stdout)).reloaded.includes("haproxy.service"))
    throw new Failure(`hapair rollback on ${holder} reloaded no haproxy: ${stdout}`);
}

/** What clients saw of these reloads. */
export function reloadFigures(reloads: number, { failed, perSecond }: LoadResult): Figure[] {
  return [
    atMost(0, "connections lost by reloads under load", failed, ""),
    atLeast(500, "new connections during these reloads", perSecond, "1/s"),
    information("reloads under load", reloads, ""),
  ];
}
