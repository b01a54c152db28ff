import type { RoundResult } from "../../../drills/measure/roundResult.ts";

/** A round in which the address moved once, and clients failed while it did. */
export const round = (change: Partial<RoundResult> = {}): RoundResult => ({
  outageMs: 200,
  slowestAnswerMs: 5,
  longestGapMs: 11,
  twoHoldersMs: 0,
  noHolderMs: 200,
  moves: 1,
  failures: { timeout: 20 },
  faults: [],
  ...change,
});
