import type { Figure } from "../figure.ts";

/** `300 ms`, `0.93`. */
export function withUnit(value: number, unit: string): string {
  return `${value} ${unit}`.trim();
}

/** `≤ 300 ms`; nothing for a figure without a goal. */
export function goalOf({ goal, bound, unit }: Figure): string {
  return goal === null ? "" : `${bound} ${withUnit(goal, unit)}`;
}

/** `20 rounds`; nothing for a figure that is not made of rounds. */
export function roundsOf({ rounds }: Pick<Figure, "rounds">): string {
  return rounds === undefined ? "" : `${rounds} round${rounds === 1 ? "" : "s"}`;
}
