import { results as pc } from "../../cli/session/output.ts";
import type { Figure } from "../figure.ts";
import { describeMachine, type Machine } from "./record.ts";

/** The figures for a terminal. */
export function formatTable(figures: readonly Figure[], machine: Machine, date: string): string {
  const width = Math.max(...figures.map(({ figure }) => figure.length));
  const lines = figures.map((figure) =>
    [
      figure.figure.padEnd(width),
      withUnit(figure.value, figure.unit).padStart(12),
      goalOf(figure).padStart(10),
      roundsOf(figure).padStart(10),
      verdict(figure),
    ].join("  "),
  );
  const missed = figures.filter(({ ok }) => !ok).length;
  return [
    `${describeMachine(machine)}, ${date}`,
    ...lines,
    missed === 0 ? pc.green("every goal is reached") : pc.red(`goals missed: ${missed}`),
  ].join("\n");
}

function verdict({ goal, ok }: Figure): string {
  if (goal === null) return "";
  return ok ? pc.green("ok") : pc.red("missed");
}

/** The answer of `bench --json`: one list; `goal` is null where a figure only explains another. */
export function formatJson(figures: readonly Figure[]): string {
  return JSON.stringify(
    figures.map(({ figure, value, unit, goal, ok }) => ({ figure, value, unit, goal, ok })),
  );
}

/** `300 ms`, `0.93`. */
export function withUnit(value: number, unit: string): string {
  return `${value} ${unit}`.trim();
}

/** `≤ 300 ms`; nothing for a figure without a goal. */
export function goalOf({ goal, bound, unit }: Figure): string {
  return goal === null ? "" : `${bound} ${withUnit(goal, unit)}`;
}

/** `20 rounds`; nothing for a figure that is not made of rounds. */
function roundsOf({ rounds }: Pick<Figure, "rounds">): string {
  return rounds === undefined ? "" : `${rounds} round${rounds === 1 ? "" : "s"}`;
}
