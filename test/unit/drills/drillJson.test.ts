import { describe, expect, test } from "vitest";
import { formatJson } from "../../../drills/format.ts";
import { judge } from "../../../drills/measure/judge.ts";
import { round } from "./drillFixtures.ts";

const bad = round({
  oneHolderAfterMs: Number.POSITIVE_INFINITY,
  lateClients: 1,
  stranded: 0,
  tunnels: { opened: 200, ended: 0, lost: 0 },
  switches: 0,
  faults: ["a session hung"],
});

describe("the answer of drill --json", () => {
  const result = judge(
    "partition",
    [bad],
    { outageMs: 300, lateClients: 0 },
    { intervalMs: 10, promptMs: 20 },
  );

  test("has exactly the promised keys", () => {
    expect(JSON.parse(formatJson(result, false))).toStrictEqual({
      kind: "partition",
      rounds: 1,
      outageMs: { median: 200, p95: 200, max: 200 },
      twoHoldersMs: { median: 0, max: 0 },
      noHolderMs: { median: 200, max: 200 },
      failed: 20,
      budgetMs: 300,
      ok: false,
    });
  });

  test('has everything with --details, and "never" for a time that has no end', () => {
    expect(JSON.parse(formatJson(result, true))).toStrictEqual({
      ...result,
      oneHolderAfterMs: { median: "never", max: "never" },
    });
  });
});
