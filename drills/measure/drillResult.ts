import { addUpDrained, type Drained } from "./drained.ts";
import type { RoundResult } from "./roundResult.ts";
import { addUpTunnels, type TunnelResult } from "./tunnels.ts";

/** Quantiles of a series of measurements, by nearest rank: every figure was measured in some round. */
export interface Statistics {
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

type MedianMax = Pick<Statistics, "median" | "max">;

/** What the rounds of a drill measured. Counts are of all rounds together unless said otherwise. */
export interface Measured {
  readonly rounds: number;
  readonly outageMs: Statistics;
  /** Total time with two holders in a round. */
  readonly twoHoldersMs: MedianMax;
  /** Total time without a holder in a round. */
  readonly noHolderMs: MedianMax;
  /** Connections that failed. */
  readonly failed: number;
  /** How often a node took the address, in the round with the most. */
  readonly moves: number;
  readonly oneHolderAfterMs?: MedianMax;
  /** Clients that arrived after the repair and were not served at once. */
  readonly lateClients?: number;
  /** Sessions that got neither an answer nor an error. */
  readonly stranded?: number;
  /** Time from the loss until a row was free that an open transaction had locked. */
  readonly releasedMs?: MedianMax;
  /** Time from the loss of a machine, or from a target's leaving, until the last session through it had ended. */
  readonly endedMs?: MedianMax;
  /** Sessions while a target left a route. */
  readonly drained?: Drained;
  readonly tunnels?: TunnelResult;
  /** Changes of preference, in the round with the most. */
  readonly switches?: number;
  /** Changes of routes that were acknowledged and then not served. */
  readonly lostChanges?: number;
  /** The outage that SQL clients saw beside the others. */
  readonly sqlOutageMs?: MedianMax;
  /** Interfaces that AWS gives the address to at a round's end, in the round with the most; on EC2 alone. */
  readonly owners?: number;
  /** `failed` by cause. */
  readonly failures: Readonly<Record<string, number>>;
  /** The longest time in a round in which the prober began no attempt. */
  readonly longestGapMs: Statistics;
  readonly slowestAnswerMs: MedianMax;
  /** The outage of each round, ms. */
  readonly outages: readonly number[];
  /** What must not happen and did, in some round, as sentences. */
  readonly faults: readonly string[];
}

/** Sums up the rounds of a drill. @throws where there is no round */
export function measured(rounds: readonly RoundResult[]): Measured {
  const tunnels = rounds.flatMap((round) => round.tunnels ?? []);
  const drained = rounds.flatMap((round) => round.drained ?? []);
  const failures = sumByName(rounds.map((round) => round.failures));
  return {
    rounds: rounds.length,
    outageMs: statistics(rounds.map((round) => round.outageMs)),
    twoHoldersMs: medianMax(rounds.map((round) => round.twoHoldersMs)),
    noHolderMs: medianMax(rounds.map((round) => round.noHolderMs)),
    failed: failedIn({ failures }),
    moves: Math.max(...rounds.map((round) => round.moves)),
    ...where("oneHolderAfterMs", rounds, medianMax),
    ...where("lateClients", rounds, sum),
    ...where("stranded", rounds, sum),
    ...where("releasedMs", rounds, medianMax),
    ...where("endedMs", rounds, medianMax),
    ...(drained.length > 0 && { drained: addUpDrained(drained) }),
    ...(tunnels.length > 0 && { tunnels: addUpTunnels(tunnels) }),
    ...where("switches", rounds, (counts) => Math.max(...counts)),
    ...where("lostChanges", rounds, sum),
    ...where("sqlOutageMs", rounds, medianMax),
    ...where("owners", rounds, (counts) => Math.max(...counts)),
    failures,
    longestGapMs: statistics(rounds.map((round) => round.longestGapMs)),
    slowestAnswerMs: medianMax(rounds.map((round) => round.slowestAnswerMs)),
    outages: rounds.map((round) => toTenths(round.outageMs)),
    faults: rounds.flatMap((round, index) => round.faults.map((fault) => `round ${index + 1}: ${fault}`)),
  };
}

/** Number of connections that failed. */
export function failedIn({ failures }: Pick<RoundResult, "failures">): number {
  return sum(Object.values(failures));
}

type Optional =
  | "oneHolderAfterMs"
  | "lateClients"
  | "stranded"
  | "releasedMs"
  | "endedMs"
  | "switches"
  | "lostChanges"
  | "sqlOutageMs"
  | "owners";

/** A figure of the rounds that measured it; nothing where none did. */
function where<Name extends Optional, Value>(
  name: Name,
  rounds: readonly RoundResult[],
  of: (values: readonly number[]) => Value,
): Partial<Record<Name, Value>> {
  const values = rounds.flatMap((round) => round[name] ?? []);
  return values.length > 0 ? ({ [name]: of(values) } as Partial<Record<Name, Value>>) : {};
}

/** @throws where there is no value */
export function statistics(values: readonly number[]): Statistics {
  const sorted = values.map(toTenths).toSorted((a, b) => a - b);
  const rank = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    if (value === undefined) throw new Error("statistics need at least one value");
    return value;
  };
  return { median: rank(0.5), p95: rank(0.95), max: rank(1) };
}

function medianMax(values: readonly number[]): MedianMax {
  const { median, max } = statistics(values);
  return { median, max };
}

/** Less than a tenth of a millisecond is noise of the clock. */
function toTenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function sumByName(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [name, count] of counts.flatMap(Object.entries<number>))
    total[name] = (total[name] ?? 0) + count;
  return total;
}
