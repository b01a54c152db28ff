import { describe, expect, test } from "vitest";
import { configReference } from "../../../cli/config/configReference.ts";
import { labWithEgress, labWithPair, problemsOf } from "../fixtures.ts";

const pool = { address: "10.0.1.30" };
const longestTimerS = 2_147_483;

const timers: readonly [string, (seconds: number) => Record<string, unknown>][] = [
  ["haproxy.idleTimeoutS", (idleTimeoutS) => labWithPair({ haproxy: { idleTimeoutS } })],
  ["haproxy.hardStopAfterS", (hardStopAfterS) => labWithPair({ haproxy: { hardStopAfterS } })],
  ["egress.groups[0].idleTimeoutS", (idleTimeoutS) => labWithEgress({ idleTimeoutS })],
  ["egress.groups[0].hysteresis.dwellS", (dwellS) => labWithEgress({ hysteresis: { dwellS } })],
  [
    "egress.groups[0].hysteresis.maxHoldDownS",
    (maxHoldDownS) => labWithEgress({ hysteresis: { maxHoldDownS } }),
  ],
];

describe("a timer is at most the longest that HAProxy has:", () => {
  test.each(timers)("%s", (key, config) => {
    expect(problemsOf(config(longestTimerS))).toEqual([]);
    expect(problemsOf(config(longestTimerS + 1))).toEqual([
      `pairs[0].${key}: too big: expected number to be <=${longestTimerS}`,
    ]);
  });
});

test("no number of a config is without an upper limit", () => {
  expect(configReference()).not.toMatch(/\| integer/);
});

test("shared buffers are at most what PostgreSQL can count", () => {
  const config = (sharedBuffersMb: number) =>
    labWithPair({ pool: { ...pool, postgres: { sharedBuffersMb } } });
  expect(problemsOf(config(8_388_607))).toEqual([]);
  expect(problemsOf(config(8_388_608))).toEqual([
    "pairs[0].pool.postgres.sharedBuffersMb: too big: expected number to be <=8388607",
  ]);
});
