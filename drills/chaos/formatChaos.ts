import { results as pc } from "../../cli/session/output.ts";
import { chaosBudget } from "../budgets.ts";
import { count, line } from "../format.ts";
import type { Statistics } from "../measure/drillResult.ts";
import type { ChaosResult } from "./chaosResult.ts";

/** A small table, the counts, and the judgement. */
export function formatChaos(result: ChaosResult): string {
  const { seed, episodes, faults, acknowledged, lost, routes } = result;
  const { recoveryMs, twoHoldersMs, partedTwoHoldersMs } = result;
  const rows: readonly (readonly [string, number, number | undefined, number])[] = [
    ["recovery", ...columns(recoveryMs)],
    ...(routes ? [["routes change again", ...columns(routes.changedAfterMs)] as const] : []),
    ["two holders", twoHoldersMs.median, undefined, twoHoldersMs.max],
    ["two holders, nodes parted", partedTwoHoldersMs.median, undefined, partedTwoHoldersMs.max],
  ];
  return [
    pc.bold(`chaos, seed ${seed}: ${count(faults, "fault")} in ${count(episodes, "episode")}`),
    line("ms", "median", "p95", "max"),
    ...rows.map(([name, ...cells]) => line(name, ...cells.map((cell) => cell?.toFixed(1) ?? ""))),
    `rows acknowledged: ${acknowledged}, lost: ${lost}`,
    ...(routes ? [`changes of routes acknowledged: ${routes.acknowledged}, lost: ${routes.lost}`] : []),
    result.ok
      ? pc.green(`No violation: each recovery lasted ${chaosBudget.recoveryMs} ms or less.`)
      : pc.red(`${count(result.violations.length, "violation")}.`),
  ].join("\n");
}

function columns({ median, p95, max }: Statistics): readonly [number, number, number] {
  return [median, p95, max];
}
