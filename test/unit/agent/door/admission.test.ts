import { expect, test } from "vitest";
import { openAdmission, requestRate } from "../../../../agent/routes/door/admission.ts";
import { rateLimit } from "../../../../agent/routes/door/rate.ts";

test("a source that asks too often waits, and another one does not", () => {
  let nowMs = 0;
  const admission = openAdmission({ tokens: [], adminKeySha256: "0".repeat(64) }, () => nowMs);
  const flood = { address: "10.0.1.5" };
  for (let count = 0; count < requestRate.burst; count += 1) admission.admit(flood);
  expect(() => admission.admit(flood)).toThrow(expect.objectContaining({ code: "too-many" }));
  admission.admit({ address: "10.0.1.6" });
  admission.admit("local");
  nowMs += 1;
  admission.admit(flood);
});

test("a clock that stands still refills nothing, and one that goes on refills no more than the burst", () => {
  let nowMs = 0;
  const limit = rateLimit({ burst: 2, perSecond: 1 }, () => nowMs);
  const taken = () => [1, 2, 3].map(() => limit.take("a"));
  expect(taken()).toEqual([true, true, false]);
  expect(limit.has("a")).toBe(false);
  nowMs += 3_600_000;
  expect(limit.has("a")).toBe(true);
  expect(taken()).toEqual([true, true, false]);
});

test("sources are forgotten before they fill the memory, and those that ask now are not", () => {
  const limit = rateLimit({ burst: 1, perSecond: 0 }, () => 0);
  limit.take("first");
  for (let count = 0; count < 10_000; count += 1) {
    limit.take(`source ${count}`);
    expect(limit.take("first")).toBe(false);
  }
  expect(limit.has("source 0")).toBe(true);
  expect(limit.has("source 9999")).toBe(false);
});
