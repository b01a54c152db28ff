import { atMost, type Figure, median, ofRounds, round } from "./figure.ts";

/** A time that is measured again and again, s; the median counts. */
export type Seconds = readonly number[];

/** Measures `times` times. @returns the time of each, s */
export async function repeat(
  times: number,
  title: string,
  measure: () => Promise<number>,
): Promise<number[]> {
  const values: number[] = [];
  for (let time = 1; time <= times; time += 1) {
    const seconds = await measure();
    console.error(`${title} ${time}/${times}: ${seconds.toFixed(2)} s`);
    values.push(seconds);
  }
  return values;
}

/** The figure of the median, and its goal. */
export function ofMedian(goal: number, figure: string, seconds: Seconds): Figure[] {
  return ofRounds(seconds.length, [atMost(goal, figure, round(median(seconds), 2), "s")]);
}
