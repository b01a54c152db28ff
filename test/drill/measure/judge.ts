import type { Budget } from "../budget.ts";
import { type Statistics, statistics } from "./statistics.ts";
import type { TunnelResult } from "./tunnels.ts";

/** What one round measured. */
export interface RoundResult {
  readonly outageMs: number;
  readonly slowestAnswerMs: number;
  readonly twoHoldersMs: number;
  readonly noHolderMs: number;
  /** From the repair until exactly one node holds the address for good; absent where nothing is repaired. */
  readonly oneHolderAfterMs?: number;
  /** Present where long connections were held. */
  readonly tunnels?: TunnelResult;
  /** How often the preference changed, where that is counted. */
  readonly switches?: number;
  /** Connections that failed, by what went wrong. */
  readonly failures: Readonly<Record<string, number>>;
  /** What the kind itself found wrong, as sentences. */
  readonly faults: readonly string[];
}

type MedianMax = Pick<Statistics, "median" | "max">;

/** The answer of `drill --json`. */
export interface DrillResult {
  readonly kind: string;
  readonly rounds: number;
  readonly outageMs: Statistics;
  /** Total time with two holders in a round. */
  readonly twoHoldersMs: MedianMax;
  /** Total time without a holder in a round. */
  readonly noHolderMs: MedianMax;
  readonly failed: number;
  /** Bound of `outageMs.p95`. */
  readonly budgetMs: number;
  readonly ok: boolean;
  readonly oneHolderAfterMs?: MedianMax;
  /** Of all rounds together. */
  readonly tunnels?: TunnelResult;
  /** Of the round with the most. */
  readonly switches?: number;
  /** `failed`, by what went wrong. */
  readonly failures: Readonly<Record<string, number>>;
  readonly probeIntervalMs: number;
  readonly slowestAnswerMs: MedianMax;
  /** The outage of each round. */
  readonly outages: readonly number[];
  /** What the kind itself found wrong in some round, as sentences. */
  readonly faults: readonly string[];
  /** Why it is not `ok`, as sentences. */
  readonly missed: readonly string[];
}

/** Holds the rounds of a kind against its budget. */
export function judge(
  kind: string,
  rounds: readonly RoundResult[],
  budget: Budget,
  probeIntervalMs: number,
): DrillResult {
  const outageMs = statistics(rounds.map((round) => round.outageMs));
  const twoHoldersMs = medianMax(rounds.map((round) => round.twoHoldersMs));
  const repaired = rounds.flatMap(({ oneHolderAfterMs }) =>
    oneHolderAfterMs === undefined ? [] : [oneHolderAfterMs],
  );
  const oneHolderAfterMs = repaired.length > 0 ? medianMax(repaired) : undefined;
  const failures = sum(rounds.map((round) => round.failures));
  const failed = total(failures);
  const switches = rounds.flatMap((round) => round.switches ?? []);
  const mostSwitches = switches.length > 0 ? Math.max(...switches) : undefined;
  const tunnels = rounds.flatMap((round) => round.tunnels ?? []);
  const faults = rounds.flatMap((round, index) =>
    round.faults.map((fault) => `round ${index + 1}: ${fault}`),
  );
  const missed = [
    ...over("outage (p95)", outageMs.p95, budget.outageMs, "ms"),
    ...over("time with two holders", twoHoldersMs.max, budget.twoHoldersMs, "ms"),
    ...over(
      "time until one holder after the repair",
      oneHolderAfterMs?.max ?? 0,
      budget.oneHolderAfterMs,
      "ms",
    ),
    ...over("failed connections", failed, budget.failed, ""),
    ...over(
      "failed connections in a round",
      Math.max(...rounds.map((round) => total(round.failures))),
      budget.failedInRound,
      "",
    ),
    ...over("switches in a round", mostSwitches ?? 0, budget.switches, ""),
    ...faults,
  ];
  return {
    kind,
    rounds: rounds.length,
    outageMs,
    twoHoldersMs,
    noHolderMs: medianMax(rounds.map((round) => round.noHolderMs)),
    failed,
    budgetMs: budget.outageMs,
    ok: missed.length === 0,
    ...(oneHolderAfterMs && { oneHolderAfterMs }),
    ...(tunnels.length > 0 && { tunnels: addUp(tunnels) }),
    ...(mostSwitches !== undefined && { switches: mostSwitches }),
    failures,
    probeIntervalMs,
    slowestAnswerMs: medianMax(rounds.map((round) => round.slowestAnswerMs)),
    outages: rounds.map((round) => statistics([round.outageMs]).max),
    faults,
    missed,
  };
}

function medianMax(values: readonly number[]): MedianMax {
  const { median, max } = statistics(values);
  return { median, max };
}

function over(what: string, value: number, bound: number | undefined, unit: string): string[] {
  if (bound === undefined || value <= bound) return [];
  return [`${what} ${value} ${unit}`.trimEnd() + `, budget ${bound} ${unit}`.trimEnd()];
}

function total(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function addUp(results: readonly TunnelResult[]): TunnelResult {
  return results.reduce((sum, { opened, ended, lost }) => ({
    opened: sum.opened + opened,
    ended: sum.ended + ended,
    lost: sum.lost + lost,
  }));
}

function sum(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [name, count] of counts.flatMap(Object.entries<number>))
    total[name] = (total[name] ?? 0) + count;
  return total;
}
