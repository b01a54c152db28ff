import { asking, probePlan } from "./asking.ts";
import type { DrilledPair } from "./drilledPair.ts";
import type { Kind } from "./kind.ts";
import { holding, oneHolderAfterMs } from "./measure/holding.ts";
import type { RoundResult } from "./measure/judge.ts";
import { outageMs, type Probe, slowestAnswerMs } from "./measure/outage.ts";
import { judgeTunnels } from "./measure/tunnels.ts";
import { nowMs } from "./observe/clock.ts";
import { startProber } from "./observe/startProber.ts";
import type { HolderWatch } from "./observe/watchHolders.ts";
import { restorations } from "./restorations.ts";
import type { Scene, Stage } from "./scene.ts";
import { spreadTunnels } from "./spreadTunnels.ts";
import { unhealthy } from "./unhealthy.ts";
import { unhealthyEgress } from "./unhealthyEgress.ts";
import { waitUntil } from "./waitUntil.ts";

/** A machine's boot and a pooler's check are in it. */
const healthyWithinMs = 60_000;
/** An outage longer than this is none that ends by itself. */
const servedWithinMs = 20_000;
/** Clients have been served without a break for this long. */
const unbrokenMs = 500;

/**
 * One round: a healthy pair, clients that are served, the failure, its repair, a healthy pair. Whatever the kind has
 * to restore is restored, also where the round fails or is aborted.
 */
export async function playRound(
  kind: Kind,
  pair: DrilledPair,
  watch: HolderWatch,
  round: number,
  signal: AbortSignal,
): Promise<RoundResult> {
  const { add, undo } = restorations();
  let troubles: readonly string[] = [];
  let result: RoundResult;
  try {
    result = await measureRound(kind, { pair, round, watch, signal, restore: add });
  } finally {
    troubles = await undo();
    for (const trouble of troubles) console.error(trouble);
  }
  return { ...result, faults: [...result.faults, ...troubles] };
}

async function measureRound(
  kind: Kind,
  given: Pick<Scene, "pair" | "round" | "watch" | "signal" | "restore">,
): Promise<RoundResult> {
  const { pair, watch, signal, restore } = given;
  const amiss = async () =>
    (await unhealthy(pair, watch)) ?? (kind.ask === "egress" ? await unhealthyEgress(pair) : undefined);
  const healthy = () => waitUntil(amiss, healthyWithinMs, signal, 100);
  await healthy();
  const [holder = ""] = watch.holders();
  const faults: string[] = [];
  let repairedMs: number | undefined;
  const stage: Stage = {
    ...given,
    holder,
    healthy,
    passed: (sinceMs: number, lengthMs: number) =>
      waitUntil(
        () => (nowMs() - sinceMs < lengthMs ? "it is too early" : undefined),
        lengthMs + 1000,
        signal,
      ),
    repaired: () => {
      repairedMs = nowMs();
    },
    fault: (sentence: string) => void faults.push(sentence),
  };
  const struck = (await kind.prepare?.(stage)) ?? holder;
  const tunnels = kind.ask === "egress" ? await spreadTunnels({ ...stage, holder: struck }) : undefined;

  const prober = startProber(pair.lab, probePlan(kind.ask, pair));
  restore(async () => {
    await prober.stop();
  });
  const served = () => waitUntil(() => unserved(prober.probes, kind), servedWithinMs, signal);
  await served();
  const fromMs = nowMs();
  const doomed = new Set<string>();
  let switches: number | undefined;
  await kind.play({
    ...stage,
    holder: struck,
    served,
    probes: (sinceMs) => prober.probes.filter(({ startMs }) => startMs >= sinceMs),
    mayLose: (exits) => {
      for (const exit of exits) doomed.add(exit);
    },
    switched: (count) => {
      switches = count;
    },
  });
  await served();
  const toMs = nowMs();
  const nameOf = (exit: string) => pair.egress?.servers.find(({ address }) => address === exit)?.name ?? exit;
  const held = tunnels && judgeTunnels(tunnels.exits.length, [...tunnels.lost], doomed, nameOf);
  const probes = (await prober.stop()).filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
  return {
    outageMs: outageMs(probes, kind.promptMs ?? asking[kind.ask].promptMs),
    slowestAnswerMs: slowestAnswerMs(probes),
    ...holding(watch.changes, { fromMs, toMs }),
    ...(repairedMs !== undefined && {
      oneHolderAfterMs: oneHolderAfterMs(watch.changes, { fromMs: repairedMs, toMs }),
    }),
    ...(held && { tunnels: held.tunnels }),
    ...(switches !== undefined && { switches }),
    failures: countFailures(probes),
    faults: [...faults, ...(held?.faults ?? [])],
  };
}

/** What is wrong with the latest attempts; undefined where all of the last half second were served. */
function unserved(probes: readonly Probe[], kind: Kind): string | undefined {
  const since = nowMs() - unbrokenMs;
  const latest = probes.filter(({ endMs }) => endMs >= since);
  if (latest.length * asking[kind.ask].intervalMs < unbrokenMs / 2) return "clients get no answer";
  const failure = latest.find((probe) => probe.failure !== undefined)?.failure;
  return failure && `clients are not served (${failure})`;
}

function countFailures(probes: readonly Probe[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { failure } of probes) if (failure !== undefined) counts[failure] = (counts[failure] ?? 0) + 1;
  return counts;
}
