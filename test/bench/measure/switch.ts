import { setTimeout as delay } from "node:timers/promises";
import { runtimeClient } from "../../../agent/haproxy/runtimeClient.ts";
import { exec } from "../../../lab/exec.ts";
import { egressUnit } from "../../../render/paths.ts";
import { holdingOpen, probePlan, tunnelPlan } from "../../drill/asking.ts";
import { egressOf } from "../../drill/drilledEgress.ts";
import { type DrilledPair, drilledPair } from "../../drill/drilledPair.ts";
import { haproxySocket } from "../../drill/observe/askHaproxy.ts";
import { nowMs } from "../../drill/observe/clock.ts";
import { startTunnels } from "../../drill/observe/openTunnels.ts";
import { preferredOn } from "../../drill/observe/preferredOn.ts";
import { startProber } from "../../drill/observe/startProber.ts";
import { watchHolders } from "../../drill/observe/watchHolders.ts";
import { restorations } from "../../drill/restorations.ts";
import type { BenchProject } from "../benchProject.ts";
import { atMost, information } from "../figure.ts";
import type { Findings } from "../findings.ts";
import { median } from "../median.ts";
import { round } from "../round.ts";

const switches = 1000;
const everyMs = 60;

interface Options {
  readonly signal: AbortSignal;
}

/**
 * The preference goes to and fro between two proxies that both work, by the command that the agent's actuator uses,
 * while clients hold long connections through both and make new ones. The agent stands aside: it would put right what
 * is changed behind its back.
 */
export async function measureSwitch(project: BenchProject, { signal }: Options): Promise<Findings> {
  const pair = drilledPair(project.topology, await project.outputs());
  const { add, undo } = restorations();
  try {
    return await measure(pair, await findHolder(pair), signal, add);
  } finally {
    for (const trouble of await undo()) console.error(trouble);
  }
}

async function measure(
  pair: DrilledPair,
  holder: string,
  signal: AbortSignal,
  restore: (step: () => Promise<void>) => void,
): Promise<Findings> {
  const { lab } = pair;
  const { mapFile, servers } = egressOf(pair);
  const before = await preferredOn(pair, holder);
  const [one, other] = servers.filter(({ lastResort }) => !lastResort);
  if (!one || !other) throw new Error("the bench's pair has two proxies");
  const runtime = runtimeClient(haproxySocket(lab, holder), { timeoutMs: 1000 });
  const prefer = (name: string) =>
    runtime.do(`${before === null ? "add" : "set"} map ${mapFile} preferred ${name}`);

  restore(async () => {
    await exec(lab, holder, ["systemctl", "start", egressUnit]);
  });
  await exec(lab, holder, ["systemctl", "stop", egressUnit]);
  const tunnels = startTunnels(lab, tunnelPlan(pair));
  restore(() => tunnels.close());
  for (const { name } of [one, other]) {
    await prefer(name);
    await tunnels.open(holdingOpen.tunnels / 2, signal);
  }
  const prober = startProber(lab, probePlan("egress", pair));
  restore(async () => {
    await prober.stop();
  });

  const times: number[] = [];
  for (let count = 0; count < switches; count += 1) {
    signal.throwIfAborted();
    const begun = nowMs();
    await prefer((count % 2 === 0 ? one : other).name);
    times.push(nowMs() - begun);
    await delay(everyMs);
  }
  const probes = await prober.stop();
  const failed = probes.filter(({ failure }) => failure !== undefined).length;
  const exits = new Set(probes.map(({ exit }) => exit));
  for (const { name, address } of [one, other])
    if (!exits.has(address)) throw new Error(`no request went through ${name}: nothing was switched`);
  console.error(
    `switch: ${times.length} switches, ${probes.length} requests, ${tunnels.exits.length} long connections`,
  );
  return {
    figures: [
      atMost(1, "switch of preference over the Runtime API, p50", round(median(times), 2), "ms"),
      atMost(0, `connections lost over ${switches} switches`, tunnels.lost.length, ""),
      atMost(0, `requests failed over ${switches} switches`, failed, ""),
      information(`requests made over ${switches} switches`, probes.length, ""),
    ],
  };
}

async function findHolder(pair: DrilledPair): Promise<string> {
  const watch = watchHolders(pair.lab, pair.nodes, pair.vip.address);
  try {
    for (const deadline = nowMs() + 5000; nowMs() < deadline; await delay(50)) {
      const [holder] = watch.holders();
      if (holder !== undefined) return holder;
    }
    throw new Error("nobody holds the virtual address of the bench's pair");
  } finally {
    watch.stop();
  }
}
