import type { Budget } from "../budgets.ts";
import { failedIn, type Measured, measured } from "./drillResult.ts";
import type { RoundResult } from "./roundResult.ts";

/** What the rounds of a kind measured, and whether that is within its budget. */
export interface DrillResult extends Measured {
  readonly kind: string;
  /** Limit of `outageMs.p95`. */
  readonly budgetMs: number;
  /** Whether the nodes did not hear each other, so that both had to hold the address. */
  readonly parted: boolean;
  readonly ok: boolean;
  /** Not `ok`, and only because of a percentile: more rounds may still be `ok`. */
  readonly doubtful: boolean;
  readonly probeIntervalMs: number;
  /** Why it is not `ok`, as sentences. */
  readonly missed: readonly string[];
}

/** How often clients ask, and from when on an answer is an outage; ms. */
export interface Pace {
  readonly intervalMs: number;
  readonly promptMs: number;
}

/** Compares the rounds of a kind with its budget. */
export function judge(kind: string, rounds: readonly RoundResult[], budget: Budget, pace: Pace): DrillResult {
  const found = measured(rounds);
  // One round in twenty may be worse than a percentile.
  const percentiles = [
    ...over("outage (p95)", found.outageMs.p95, budget.outageMs, "ms"),
    ...over("pause between two probes (p95)", found.longestGapMs.p95, blindMs(budget, pace), "ms"),
  ];
  // What must not happen even once.
  const always = [...overInRound(rounds, found, budget), ...overInAll(found, budget), ...found.faults];
  return {
    kind,
    ...found,
    budgetMs: budget.outageMs,
    parted: budget.parted ?? false,
    ok: percentiles.length + always.length === 0,
    doubtful: percentiles.length > 0 && always.length === 0,
    probeIntervalMs: pace.intervalMs,
    missed: [...percentiles, ...always],
  };
}

function overInRound(rounds: readonly RoundResult[], found: Measured, budget: Budget): string[] {
  const { twoHoldersMs, noHolderMs, moves, oneHolderAfterMs, releasedMs, endedMs, switches, sqlOutageMs } =
    found;
  const failed = Math.max(...rounds.map(failedIn));
  return [
    ...over("time with two holders", twoHoldersMs.max, budget.twoHoldersMs, "ms"),
    ...over("time without a holder", noHolderMs.max, budget.noHolderMs, "ms"),
    ...over("moves of the address in a round", moves, budget.moves),
    ...over("time until one holder after the repair", oneHolderAfterMs?.max, budget.oneHolderAfterMs, "ms"),
    ...over("time until the row was free", releasedMs?.max, budget.releasedMs, "ms"),
    ...over("time until the sessions had ended", endedMs?.max, budget.endedMs, "ms"),
    ...over("failed connections in a round", failed, budget.failedInRound),
    ...over("switches in a round", switches, budget.switches),
    ...over("outage of SQL", sqlOutageMs?.max, budget.sqlOutageMs, "ms"),
  ];
}

function overInAll({ lateClients, stranded, lostChanges, failed }: Measured, budget: Budget): string[] {
  return [
    ...over("clients not served at once after the repair", lateClients, budget.lateClients),
    ...over("clients stranded", stranded, budget.stranded),
    ...over("acknowledged changes lost", lostChanges, budget.lostChanges),
    ...over("failed connections", failed, budget.failed),
  ];
}

/** A sentence where the value is above its limit; nothing where it was not measured or has no limit. */
function over(what: string, value: number | undefined, limit: number | undefined, unit = ""): string[] {
  if (value === undefined || limit === undefined || value <= limit) return [];
  return [`${what} ${value} ${unit}`.trimEnd() + `, budget ${limit} ${unit}`.trimEnd()];
}

/**
 * The longest pause of a prober whose result counts, ms: a longer one may hide an outage that matters, which is half of
 * the budget, or of what counts as an outage at all. Below five intervals a pause is the jitter of a busy host.
 */
function blindMs({ outageMs }: Budget, { intervalMs, promptMs }: Pace): number {
  return Math.max(5 * intervalMs, Math.max(outageMs, promptMs) / 2);
}
