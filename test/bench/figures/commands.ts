import { atMost, type Figure, ofRounds } from "../figure.ts";
import { median } from "../median.ts";
import { round } from "../round.ts";

/** Times of a command, s; the middle one counts. */
type Seconds = readonly number[];

export const noOpUpFigures = (seconds: Seconds) => ofMedian(3, "no-op up, median", seconds);
export const changeFigures = (seconds: Seconds) =>
  ofMedian(8, "config change live on both nodes, median", seconds);
export const warmStartFigures = (seconds: Seconds) =>
  ofMedian(30, "npm start warm, until SQL works, median", seconds);
export const coldStartFigures = (seconds: number): Figure[] => [
  atMost(360, "npm start cold, until SQL works", round(seconds, 1), "s"),
];

function ofMedian(goal: number, figure: string, seconds: Seconds): Figure[] {
  return ofRounds(seconds.length, [atMost(goal, figure, round(median(seconds), 2), "s")]);
}
