import { goalOf, withUnit } from "./format.ts";
import type { BenchRecord } from "./record.ts";
import { describeMachine } from "./record.ts";

/** The record as a page: figures with goals, the outages' plot, what explains the figures. */
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

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}
