import { waitWhile } from "../../base/waitFor.ts";
import type { System } from "./system.ts";

/** The last problem; undefined where it is gone within `deadlineMs`. Each call of `problem` gets the ms left. */
export function until(
  host: System,
  deadlineMs: number,
  problem: (leftMs: number) => Promise<string | undefined>,
): Promise<string | undefined> {
  return waitWhile(deadlineMs, problem, { everyMs: 25, slowestMs: 500, clock: host });
}
