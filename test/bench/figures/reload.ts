import type { LoadResult } from "../../harness/loadPlan.ts";
import { atLeast, atMost, type Figure, information } from "../figure.ts";

/** What clients saw of so many reloads. */
export function reloadFigures(reloads: number, { failed, perSecond }: LoadResult): Figure[] {
  return [
    atMost(0, "connections lost by reloads under load", failed, ""),
    atLeast(500, "new connections during these reloads", perSecond, "1/s"),
    information("reloads under load", reloads, ""),
  ];
}
