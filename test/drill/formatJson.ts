import type { DrillResult } from "./measure/judge.ts";

/**
 * The answer of `drill --json`, one object: eight keys that stay as they are, or with `details` everything that was
 * measured. JSON knows no infinity: what did not come to pass is `"never"`.
 */
export function formatJson(result: DrillResult, details: boolean): string {
  return JSON.stringify(details ? result : summaryOf(result), (_, value) =>
    value === Number.POSITIVE_INFINITY ? "never" : value,
  );
}

function summaryOf(result: DrillResult) {
  const { kind, rounds, outageMs, twoHoldersMs, noHolderMs, failed, budgetMs, ok } = result;
  return { kind, rounds, outageMs, twoHoldersMs, noHolderMs, failed, budgetMs, ok };
}
