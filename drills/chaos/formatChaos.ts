import { results as pc } from "../../cli/session/output.ts";
import { chaosBudget } from "../budgets.ts";
import { count, line } from "../format.ts";
import type { ChaosResult } from "./chaosResult.ts";

/** A small table, the counts, and the judgement. */
export function formatChaos(result: ChaosResult): string {
  const { seed, episodes, faults, acknowledged, lost, recoveryMs, twoHoldersMs, partedTwoHoldersMs } = result;
  const rows: readonly (readonly [string, number, number | undefined, number])[] = [
    ["recovery", recoveryMs.median, recoveryMs.p95, recoveryMs.max],
    ["two holders", twoHoldersMs.median, undefined, twoHoldersMs.max],
    ["two holders, nodes parted", partedTwoHoldersMs.median, undefined, partedTwoHoldersMs.max],
  ];
  return [
    pc.bold(`chaos, seed ${seed}: ${count(faults, "fault")} in ${count(episodes, "episode")}`),
    line("ms", "median", "p95", "max"),
    ...rows.map(([name, ...cells]) => line(name, ...cells.map((cell) => cell?.toFixed(1) ?? ""))),
    `rows acknowledged: ${acknowledged}, lost: ${lost}`,
    result.ok
      ? pc.green(`No violation: each recovery lasted ${chaosBudget.recoveryMs} ms or less.`)
      : pc.red(`${count(result.violations.length, "violation")}.`),
  ].join("\n");
}
