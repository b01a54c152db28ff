import type { Budget } from "../budgets.ts";
import { type Asking, blindMs, missed } from "./missed.ts";
import type { RoundResult } from "./roundResult.ts";
import { type Statistics, statistics } from "./statistics.ts";
import type { TunnelResult } from "./tunnels.ts";

type MedianMax = Pick<Statistics, "median" | "max">;

/** What the rounds of a kind say. Numbers without a word are of all rounds together. */
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
  /** Not `ok`, and only because of a percentile: more rounds may say otherwise. */
  readonly doubtful: boolean;
  /** How often a node took the address, in the round with the most. */
  readonly moves: number;
  readonly oneHolderAfterMs?: MedianMax;
  /** Clients that arrived after the repair and were not served at once. */
  readonly lateClients?: number;
  /** Sessions that heard neither answer nor error any more. */
  readonly stranded?: number;
  readonly tunnels?: TunnelResult;
  /** Of the round with the most. */
  readonly switches?: number;
  /** `failed`, by what went wrong. */
  readonly failures: Readonly<Record<string, number>>;
  readonly probeIntervalMs: number;
  /** The longest time in a round in which the prober began no attempt. */
  readonly longestGapMs: Statistics;
  readonly slowestAnswerMs: MedianMax;
  /** The outage of each round. */
  readonly outages: readonly number[];
  /** What must not be and was found in some round, as sentences. */
  readonly faults: readonly string[];
  /** Why it is not `ok`, as sentences. */
  readonly missed: readonly string[];
}

/** Holds the rounds of a kind against its budget. */
export function judge(
  kind: string,
  rounds: readonly RoundResult[],
  budget: Budget,
  asking: Asking,
): DrillResult {
  const outageMs = statistics(rounds.map((round) => round.outageMs));
  const longestGapMs = statistics(rounds.map((round) => round.longestGapMs));
  const twoHoldersMs = medianMax(rounds.map((round) => round.twoHoldersMs));
  const noHolderMs = medianMax(rounds.map((round) => round.noHolderMs));
  const moves = Math.max(...rounds.map((round) => round.moves));
  const oneHolderAfterMs = some(rounds, "oneHolderAfterMs", medianMax);
  const lateClients = some(rounds, "lateClients", total);
  const stranded = some(rounds, "stranded", total);
  const switches = some(rounds, "switches", (counts) => Math.max(...counts));
  const failures = sum(rounds.map((round) => round.failures));
  const failed = total(Object.values(failures));
  const tunnels = rounds.flatMap((round) => round.tunnels ?? []);
  const faults = rounds.flatMap((round, index) =>
    round.faults.map((fault) => `round ${index + 1}: ${fault}`),
  );
  const { percentiles, promises } = missed(
    {
      outageP95Ms: outageMs.p95,
      gapP95Ms: longestGapMs.p95,
      twoHoldersMs: twoHoldersMs.max,
      noHolderMs: noHolderMs.max,
      moves,
      oneHolderAfterMs: oneHolderAfterMs?.max ?? 0,
      lateClients: lateClients ?? 0,
      stranded: stranded ?? 0,
      failed,
      failedInRound: Math.max(...rounds.map((round) => total(Object.values(round.failures)))),
      switches: switches ?? 0,
    },
    budget,
    blindMs(budget, asking),
  );
  const wrong = [...promises, ...faults];
  return {
    kind,
    rounds: rounds.length,
    outageMs,
    twoHoldersMs,
    noHolderMs,
    failed,
    budgetMs: budget.outageMs,
    ok: percentiles.length + wrong.length === 0,
    doubtful: percentiles.length > 0 && wrong.length === 0,
    moves,
    ...(oneHolderAfterMs && { oneHolderAfterMs }),
    ...(lateClients !== undefined && { lateClients }),
    ...(stranded !== undefined && { stranded }),
    ...(tunnels.length > 0 && { tunnels: addUp(tunnels) }),
    ...(switches !== undefined && { switches }),
    failures,
    probeIntervalMs: asking.intervalMs,
    longestGapMs,
    slowestAnswerMs: medianMax(rounds.map((round) => round.slowestAnswerMs)),
    outages: rounds.map((round) => statistics([round.outageMs]).max),
    faults,
    missed: [...percentiles, ...wrong],
  };
}

function medianMax(values: readonly number[]): MedianMax {
  const { median, max } = statistics(values);
  return { median, max };
}

type Counted = "oneHolderAfterMs" | "lateClients" | "stranded" | "switches";

/** Of the rounds that have it; undefined where none has. */
function some<T>(
  rounds: readonly RoundResult[],
  what: Counted,
  of: (values: readonly number[]) => T,
): T | undefined {
  const values = rounds.flatMap((round) => round[what] ?? []);
  return values.length > 0 ? of(values) : undefined;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
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
