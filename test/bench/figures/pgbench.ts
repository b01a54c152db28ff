import { atLeast, type Figure, information, ofRounds } from "../figure.ts";
import { median } from "../median.ts";
import { round } from "../round.ts";

/** Transactions per second of one way, round by round. */
export interface WayRates {
  readonly way: string;
  readonly rates: readonly number[];
}

/**
 * What a script says of the pair: the ratio of the first way's median to that of each other way, of which the one to
 * the second is held against the goal if there is one; and the median rate of each way.
 */
export function pgbenchFigures(
  script: string,
  ways: readonly WayRates[],
  goal: number | undefined,
): Figure[] {
  const [pair, ...others] = ways;
  if (pair === undefined) throw new Error("no ratio of nothing");
  const ratios = others.map((other, index) => {
    const name = `pgbench ${script}, ${pair.way} ÷ ${other.way}`;
    const ratio = round(median(pair.rates) / median(other.rates), 3);
    return index > 0 || goal === undefined ? information(name, ratio, "") : atLeast(goal, name, ratio, "");
  });
  const rates = ways.map((each) =>
    information(`pgbench ${script}, ${each.way}`, round(median(each.rates), 0), "tps"),
  );
  return ofRounds(pair.rates.length, [...ratios, ...rates]);
}

/** By how much longer a round trip takes the first way than the second, of scripts of one statement and one client. */
export function addedToRoundTrip(script: string, [pair, poolers]: readonly WayRates[]): Figure[] {
  if (pair === undefined || poolers === undefined) throw new Error("two ways are needed to compare them");
  const addedMicroseconds = 1e6 / median(pair.rates) - 1e6 / median(poolers.rates);
  const name = `pgbench ${script}, added by the pair to a round trip`;
  return ofRounds(pair.rates.length, [information(name, round(addedMicroseconds, 0), "µs")]);
}
