import { describe, expect, test } from "vitest";
import { memoryOf } from "../../../bench/agent/agentUnit.ts";
import { atLeast, atMost, information, median } from "../../../bench/figure.ts";
import { alternate, perTransaction } from "../../../bench/pgbench/cost.ts";
import { sumTps } from "../../../bench/pgbench/openPgbench.ts";
import { addedToRoundTrip, pgbenchFigures } from "../../../bench/pgbench/ways.ts";

describe("a goal of the bench", () => {
  test("is reached by a value that equals it", () => {
    expect([atMost(300, "outage", 300, "ms").ok, atLeast(0.9, "ratio", 0.9, "").ok]).toEqual([true, true]);
  });

  test("is missed on the wrong side of it", () => {
    expect([atMost(300, "outage", 301, "ms").ok, atLeast(0.9, "ratio", 0.89, "").ok]).toEqual([false, false]);
  });

  test("is not part of figures for comparison", () => {
    expect(information("rate", 12, "tps")).toMatchObject({ goal: null, ok: true });
  });

  test("needs a finite number: an unfinished or missing measurement is not a figure", () => {
    expect(() => atMost(1000, "one holder", Number.POSITIVE_INFINITY, "ms")).toThrow("did not see its end");
    expect(() => atLeast(0.9, "ratio", Number.NaN, "")).toThrow(`"ratio" is NaN`);
  });
});

describe("pgbench through the pair against pgbench without it", () => {
  test("is the median of the ratios of each round, so that one bad round does not decide", () => {
    const [ratio, toPostgres, ...rates] = pgbenchFigures(
      "tpcb-like",
      [
        { way: "through VIP", rates: [95, 1, 94] },
        { way: "straight", rates: [100, 100, 7] },
        { way: "straight to PostgreSQL", rates: [200, 200, 200] },
      ],
      0.9,
    );
    expect(ratio).toMatchObject({ value: 0.95, goal: 0.9, ok: true, rounds: 3 });
    expect(toPostgres).toMatchObject({ value: 0.47, goal: null });
    expect(rates.map(({ value }) => value)).toEqual([94, 100, 200]);
  });

  test("has what a round trip costs more", () => {
    const ways = [
      { way: "through VIP", rates: [4000] },
      { way: "through a bare HAProxy", rates: [4000] },
      { way: "straight", rates: [5000] },
    ];
    expect(addedToRoundTrip("select-only", ways)).toMatchObject([
      { value: 0, unit: "µs", goal: null },
      { figure: "pgbench select-only, a round trip through VIP − straight", value: 50, goal: null },
    ]);
  });

  test("of few rounds has the middle of two", () => {
    expect(median([4, 1])).toBe(2.5);
    expect(() => median([])).toThrow();
  });

  test("alternates, and every second round goes backwards", async () => {
    const order: string[] = [];
    const results = await alternate(["a", "b", "c"], 2, async (way) => {
      order.push(way);
      return `${way}${order.length}`;
    });
    expect(order).toEqual(["a", "b", "c", "c", "b", "a"]);
    expect(results).toEqual([
      ["a1", "a6"],
      ["b2", "b5"],
      ["c3", "c4"],
    ]);
  });

  test("shows whose processor time a transaction takes", () => {
    const cpuSeconds = { haproxy: 1, pgbouncer: 2, postgresql: 3, pgbench: 4 };
    const runs = [{ transactions: 10_000, cpuSeconds }];
    expect(perTransaction(runs)).toEqual({ haproxy: 100, pgbouncer: 200, postgresql: 300, pgbench: 400 });
  });
});

describe("the rate of pgbench processes side by side", () => {
  const output = (tps: string, failed: number) =>
    `number of failed transactions: ${failed} (0.000%)\ntps = ${tps} (without initial connection time)\n`;

  test("is the sum of theirs", () => {
    expect(sumTps(output("100.5", 0) + output("50.25", 0), 2)).toBe(150.75);
  });

  test("is an error where one of them ended early or a transaction failed", () => {
    expect(() => sumTps(output("100", 0), 2)).toThrow("pgbench did not finish");
    expect(() => sumTps(output("100", 3), 1)).toThrow("pgbench did not finish");
  });
});

test("the agent's size is read as the kernel counts it, now and at its peak", () => {
  const status = "Name:\tnode\nVmHWM:\t   65536 kB\nVmRSS:\t   61440 kB\n";
  expect(memoryOf(status)).toEqual({ rssMb: 60, peakRssMb: 64 });
  expect(() => memoryOf("Name:\tkthreadd\n")).toThrow("no VmRSS");
});
