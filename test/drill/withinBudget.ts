import { expect, test } from "vitest";
import type { KindName } from "../../drills/budgets.ts";
import { kinds } from "../../drills/kinds/kinds.ts";
import type { DrilledPair } from "../../drills/pair.ts";
import { runDrill } from "../../drills/runDrill.ts";

/**
 * Two rounds, where the kind says nothing else: each node fails once. The 95th percentile of them is the worst one: where only that is too long, the drill
 * goes on to as many rounds as a percentile needs. Any other limit that is missed fails at once.
 */
const rounds = { rounds: 2, atMost: 20, roundMs: 42_000 };
/** A round of egress-slow or egress-flap takes minutes, and has many failures in it. */
const lengthyRounds = { rounds: 1, atMost: 2, roundMs: 240_000 };

/** A test for each kind: clients see no more than its budget. */
export function withinBudget(pair: () => DrilledPair, names: readonly KindName[]): void {
  test.each(names)("%s", async (kind) => {
    const { lengthy, variants } = kinds[kind];
    const { roundMs, ...some } = lengthy ? lengthyRounds : rounds;
    const count = { ...some, rounds: variants ?? some.rounds };
    const signal = AbortSignal.timeout(count.atMost * roundMs);
    const result = await runDrill(kind, pair(), { ...count, signal });
    expect(result, JSON.stringify(result)).toMatchObject({ missed: [], ok: true });
  });
}
