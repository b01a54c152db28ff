import type { DrillResult } from "../../drill/measure/judge.ts";
import { atMost, type Figure } from "../figure.ts";

/** The 95th percentile of a kind's outage, held against its budget. */
export function outage(figure: string, { outageMs, budgetMs }: DrillResult): Figure {
  return atMost(budgetMs, figure, outageMs.p95, "ms");
}
