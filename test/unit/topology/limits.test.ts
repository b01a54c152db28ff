import { describe, expect, test } from "vitest";
import { configReference } from "../../../cli/config/configReference.ts";
import { labWithEgress, labWithPair, problemsOf } from "../fixtures.ts";

const pool = { machines: [{ name: "db1", address: "10.0.1.30" }] };
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

describe("connections that do not fit are refused with the remedy:", () => {
  test("more clients than the poolers take together", () => {
    const config = (maxConnections: number) =>
      labWithPair({ haproxy: { maxConnections }, pool: { ...pool, maxClientConnections: 1000 } });
    expect(problemsOf(config(3000))).toEqual([]);
    expect(problemsOf(config(3001))).toEqual([
      "pairs[0].haproxy.maxConnections: 3001 clients are more than the poolers take together (3 of 1000): lower it to 3000, or raise pool.maxClientConnections",
    ]);
  });

  test("more clients of the port for sessions than its poolers take together", () => {
    const config = (maxConnections: number) =>
      labWithPair({ pool: { ...pool, session: { port: 5433, maxConnections } } });
    expect(problemsOf(config(4000))).toEqual([]);
    expect(problemsOf(config(4001))).toEqual([
      "pairs[0].pool.session.maxConnections: 4001 clients are more than the poolers take together (2 of 2000): lower it to 4000, or raise pool.maxClientConnections",
    ]);
  });

  test("more server connections than PostgreSQL has, with those for sessions", () => {
    const config = (size: number) =>
      labWithPair({ pool: { ...pool, session: { port: 5433, size, ports: [6435] } } });
    expect(problemsOf(config(129))).toEqual([]);
    expect(problemsOf(config(130))).toEqual([
      "pairs[0].pool.session.size: 3 poolers of 20 connections and 1 of 130 for sessions need 190, PostgreSQL has 189 free: lower it or pool.size, or raise postgres.maxConnections",
    ]);
  });

  test("more open files than one process has", () => {
    const config = (maxConnections: number) =>
      labWithPair({
        egress: {
          groups: Array.from({ length: 4 }, (_, index) => ({
            name: `group${index}`,
            port: 7891 + index,
            servers: [{ name: "wg1", address: "10.0.1.41", port: 18181 }],
            maxConnections,
          })),
        },
      });
    expect(problemsOf(config(85_900))).toEqual([]);
    expect(problemsOf(config(87_000))).toEqual([
      "pairs[0].haproxy.maxConnections: with those of the egress groups and the edge, haproxy would have 353600 connections, and one process can have 349525: lower some maxConnections",
    ]);
  });
});
