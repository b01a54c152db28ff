import type { Figure } from "../figure.ts";

/** The answer of `bench --json`: one list; `goal` is null where a figure only explains another. */
export function formatJson(figures: readonly Figure[]): string {
  return JSON.stringify(
    figures.map(({ figure, value, unit, goal, ok }) => ({ figure, value, unit, goal, ok })),
  );
}
