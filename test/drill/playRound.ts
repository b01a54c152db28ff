import { asking, probePlan } from "./asking.ts";
import type { DrilledPair } from "./drilledPair.ts";
import type { Kind } from "./kind.ts";
import { holding, oneHolderAfterMs } from "./measure/holding.ts";
import type { RoundResult } from "./measure/judge.ts";
import { outageMs, type Probe, slowestAnswerMs } from "./measure/outage.ts";
import { nowMs } from "./observe/clock.ts";
import { startProber } from "./observe/startProber.ts";
import type { HolderWatch } from "./observe/watchHolders.ts";
import { restorations } from "./restorations.ts";
import type { Scene } from "./scene.ts";
import { unhealthy } from "./unhealthy.ts";
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
  const healthy = () => waitUntil(() => unhealthy(pair, watch), healthyWithinMs, signal, 100);
  await healthy();
  const [holder = ""] = watch.holders();
  const faults: string[] = [];
  let repairedMs: number | undefined;
  const stage = {
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

  const prober = startProber(pair.lab, probePlan(kind.ask, pair));
  restore(async () => {
    await prober.stop();
  });
  const served = () => waitUntil(() => unserved(prober.probes, kind), servedWithinMs, signal);
  await served();
  const fromMs = nowMs();
  await kind.play({ ...stage, holder: struck, served });
  await served();
  const toMs = nowMs();
  const probes = (await prober.stop()).filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
  return {
    outageMs: outageMs(probes, kind.promptMs ?? asking[kind.ask].promptMs),
    slowestAnswerMs: slowestAnswerMs(probes),
    ...holding(watch.changes, { fromMs, toMs }),
    ...(repairedMs !== undefined && {
      oneHolderAfterMs: oneHolderAfterMs(watch.changes, { fromMs: repairedMs, toMs }),
    }),
    failures: countFailures(probes),
    faults,
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
