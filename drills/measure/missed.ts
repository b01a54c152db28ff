import type { Budget } from "../budgets.ts";

/** What the rounds of a kind came to, where it has a bound. */
export interface Bounded {
  readonly outageP95Ms: number;
  readonly gapP95Ms: number;
  readonly twoHoldersMs: number;
  readonly noHolderMs: number;
  readonly moves: number;
  readonly oneHolderAfterMs: number;
  readonly lateClients: number;
  readonly stranded: number;
  readonly failed: number;
  readonly failedInRound: number;
  readonly switches: number;
}

export interface Missed {
  /** Percentiles: one round in twenty may be worse. */
  readonly percentiles: readonly string[];
  /** What may not happen once. */
  readonly promises: readonly string[];
}

/** Which bounds were not kept, a sentence each. @param blindMs the longest pause of a prober whose word counts */
export function missed(found: Bounded, budget: Budget, blindMs: number): Missed {
  return {
    percentiles: [
      ...over("outage (p95)", found.outageP95Ms, budget.outageMs, "ms"),
      ...over("pause between two probes (p95)", found.gapP95Ms, blindMs, "ms"),
    ],
    promises: [
      ...over("time with two holders", found.twoHoldersMs, budget.twoHoldersMs, "ms"),
      ...over("time without a holder", found.noHolderMs, budget.noHolderMs, "ms"),
      ...over("moves of the address in a round", found.moves, budget.moves),
      ...over(
        "time until one holder after the repair",
        found.oneHolderAfterMs,
        budget.oneHolderAfterMs,
        "ms",
      ),
      ...over("clients not served at once after the repair", found.lateClients, budget.lateClients),
      ...over("clients stranded", found.stranded, budget.stranded),
      ...over("failed connections", found.failed, budget.failed),
      ...over("failed connections in a round", found.failedInRound, budget.failedInRound),
      ...over("switches in a round", found.switches, budget.switches),
    ],
  };
}

function over(what: string, value: number, bound: number | undefined, unit = ""): string[] {
  if (bound === undefined || value <= bound) return [];
  return [`${what} ${value} ${unit}`.trimEnd() + `, budget ${bound} ${unit}`.trimEnd()];
}

/** How the clients of a kind ask, ms. */
export interface Asking {
  readonly intervalMs: number;
  readonly promptMs: number;
}

/**
 * A prober that began nothing for so long may have missed an outage that matters: half of what is allowed, or of what
 * is seen as an outage at all. Below five intervals it is the jitter of a busy host.
 */
export function blindMs({ outageMs }: Pick<Budget, "outageMs">, { intervalMs, promptMs }: Asking): number {
  return Math.max(5 * intervalMs, Math.max(outageMs, promptMs) / 2);
}
