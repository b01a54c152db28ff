import { results as pc } from "../../cli/session/output.ts";
import type { Figure } from "../figure.ts";
import { type BenchRecord, describeMachine, type Machine } from "./record.ts";

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

/** The answer of `bench --json`: one list; `goal` is null where a figure is for comparison only. */
export function formatJson(figures: readonly Figure[]): string {
  return JSON.stringify(
    figures.map(({ figure, value, unit, goal, ok }) => ({ figure, value, unit, goal, ok })),
  );
}

/** As in `300 ms` or `0.93`. */
function withUnit(value: number, unit: string): string {
  return `${value} ${unit}`.trim();
}

/** As in `≤ 300 ms`; empty for a figure without a goal. */
function goalOf({ goal, bound, unit }: Figure): string {
  return goal === null ? "" : `${bound} ${withUnit(goal, unit)}`;
}

/** As in `20 rounds`; empty for a figure that does not come from rounds. */
function roundsOf({ rounds }: Pick<Figure, "rounds">): string {
  return rounds === undefined ? "" : `${rounds} round${rounds === 1 ? "" : "s"}`;
}

/** The record as a page: figures with goals, the plot of the outages, figures for comparison. */
export function markdown({ machine, figures, outages, cpu }: BenchRecord): string {
  const goals = figures.filter(({ goal }) => goal !== null);
  const others = figures.filter(({ goal }) => goal === null);
  return [
    `Measured by \`npm run bench\` on ${describeMachine(machine)}.`,
    table(
      ["figure", "measured", "goal", "", "rounds", "on"],
      goals.map((figure) => [
        figure.figure,
        `**${withUnit(figure.value, figure.unit)}**`,
        goalOf(figure),
        figure.ok ? "✓" : "missed",
        String(figure.rounds ?? ""),
        figure.measured,
      ]),
    ),
    ...(Object.keys(outages).length > 0 ? ["![Outage of every round, by kind of drill](outages.svg)"] : []),
    ...(others.length > 0
      ? [
          table(
            ["for comparison", "measured", "rounds"],
            others.map(({ figure, value, unit, rounds }) => [
              figure,
              withUnit(value, unit),
              String(rounds ?? ""),
            ]),
          ),
        ]
      : []),
    ...(cpu.length > 0
      ? [
          "Processor time of one transaction, µs:",
          table(
            ["pgbench", "way", "haproxy", "pgbouncer", "PostgreSQL", "pgbench itself"],
            cpu.map(({ script, way, haproxy, pgbouncer, postgresql, pgbench }) => [
              script,
              way,
              ...[haproxy, pgbouncer, postgresql, pgbench].map(String),
            ]),
          ),
        ]
      : []),
    "",
  ].join("\n\n");
}

/** A table in Markdown. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}
