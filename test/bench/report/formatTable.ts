import { results as pc } from "../../../cli/colours.ts";
import type { Figure } from "../figure.ts";
import { describeMachine, type Machine } from "./machine.ts";
import { goalOf, roundsOf, withUnit } from "./words.ts";

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
