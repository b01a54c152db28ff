import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { openAdmission, requestRate } from "../../../../agent/routes/door/admission.ts";
import { rateLimit } from "../../../../agent/routes/door/rate.ts";
import { RouteProblem } from "../../../../agent/routes/problem.ts";
import { endpoints } from "../../../../contract/routes/api.ts";

test("a source that asks too often waits, and another one does not", () => {
  let nowMs = 0;
  const admission = openAdmission({ tokens: [], adminKeySha256: "0".repeat(64) }, () => nowMs);
  const flood = { address: "10.0.1.5", to: "10.0.1.20" };
  for (let count = 0; count < requestRate.burst; count += 1) admission.admit(flood);
  expect(() => admission.admit(flood)).toThrow(expect.objectContaining({ code: "too-many" }));
  admission.admit({ ...flood, address: "10.0.1.6" });
  admission.admit("local");
  nowMs += 1;
  admission.admit(flood);
});

test("a clock that stands still refills nothing, and one that goes on refills no more than the burst", () => {
  let nowMs = 0;
  const limit = rateLimit({ burst: 2, perSecond: 1 }, () => nowMs);
  const taken = () => [1, 2, 3].map(() => limit.take("a"));
  expect(taken()).toEqual([true, true, false]);
  nowMs += 3_600_000;
  expect(taken()).toEqual([true, true, false]);
});

test("sources are forgotten before they fill the memory, and those that ask now are not", () => {
  const limit = rateLimit({ burst: 1, perSecond: 0 }, () => 0);
  limit.take("first");
  for (let count = 0; count < 10_000; count += 1) {
    limit.take(`source ${count}`);
    expect(limit.take("first")).toBe(false);
  }
  expect(limit.take("source 0")).toBe(true);
  expect(limit.take("source 9999")).toBe(false);
});

test("a right token counts however many wrong ones come from its address", () => {
  const sha256 = createHash("sha256").update("right").digest("hex");
  const token = { name: "app", role: "routes", sha256 } as const;
  const admission = openAdmission({ tokens: [token], adminKeySha256: "0".repeat(64) }, () => 0);
  const as = (word: string) =>
    admission.authorize({ address: "10.0.1.5", to: "10.0.1.20" }, endpoints.listRoutes, {
      authorization: `Bearer ${word}`,
    });
  const codes = Array.from({ length: 30 }, () => {
    try {
      as("wrong");
      return "";
    } catch (error) {
      return error instanceof RouteProblem ? error.code : "";
    }
  });
  expect(new Set(codes)).toEqual(new Set(["bad-token", "too-many"]));
  expect(as("right")).toEqual({ who: "app", from: "10.0.1.5", to: "10.0.1.20" });
});
