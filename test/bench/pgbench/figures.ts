import { atLeast, type Figure, information } from "../figure.ts";
import { median } from "../median.ts";
import { round } from "../round.ts";

/** Transactions per second of one way, round by round. */
export interface WayRates {
  readonly way: string;
  readonly rates: readonly number[];
}

/**
 * What a script says of the pair: the ratio of the first way's median to the second's, held against the goal if
 * there is one, and the median rate of each way.
 */
export function pgbenchFigures(
  script: string,
  ways: readonly WayRates[],
  goal: number | undefined,
): Figure[] {
  const [pair, poolers] = firstTwo(ways);
  const name = `pgbench ${script}, through VIP ÷ straight to the same poolers`;
  const ratio = round(pair / poolers, 3);
  return [
    goal === undefined ? information(name, ratio, "") : atLeast(goal, name, ratio, ""),
    ...ways.map(({ way, rates }) => information(`pgbench ${script}, ${way}`, round(median(rates), 0), "tps")),
  ];
}

/** By how much longer a round trip takes the first way than the second, of scripts of one statement and one client. */
export function addedToRoundTrip(script: string, ways: readonly WayRates[]): Figure {
  const [pair, poolers] = firstTwo(ways);
  const addedMicroseconds = 1e6 / pair - 1e6 / poolers;
  return information(
    `pgbench ${script}, added by the pair to a round trip`,
    round(addedMicroseconds, 0),
    "µs",
  );
}

function firstTwo(ways: readonly WayRates[]): readonly [number, number] {
  const [pair, poolers] = ways.map(({ rates }) => median(rates));
  if (pair === undefined || poolers === undefined) throw new Error("two ways are needed to compare them");
  return [pair, poolers];
}
