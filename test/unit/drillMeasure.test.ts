import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { holding, oneHolderAfterMs } from "../drill/measure/holding.ts";
import { judge, type RoundResult } from "../drill/measure/judge.ts";
import { outageMs, type Probe } from "../drill/measure/outage.ts";
import { statistics } from "../drill/measure/statistics.ts";
import { judgeTunnels } from "../drill/measure/tunnels.ts";

describe("statistics of a drill", () => {
  test("the 95th percentile of twenty rounds is the nineteenth", () => {
    const rounds = Array.from({ length: 20 }, (_, index) => 20 - index);
    expect(statistics(rounds)).toEqual({ median: 10, p95: 19, max: 20 });
  });

  test("of three rounds, one bad one is the 95th percentile", () => {
    expect(statistics([5, 400, 7])).toEqual({ median: 7, p95: 400, max: 400 });
  });

  test("there are none of nothing", () => {
    expect(() => statistics([])).toThrow();
  });
});

/** Probes every 10 ms, answered in 1 ms except those that start in [from, to). */
function probesAround(from: number, to: number, during: (startMs: number) => Probe): Probe[] {
  return Array.from({ length: 200 }, (_, index) => index * 10).map((startMs) =>
    startMs >= from && startMs < to ? during(startMs) : { startMs, endMs: startMs + 1 },
  );
}
const timedOut = (startMs: number): Probe => ({ startMs, endMs: startMs + 1000, failure: "timeout" });

describe("the outage that a client sees", () => {
  test("is nothing where every probe is answered at once", () => {
    expect(outageMs(probesAround(0, 0, timedOut), 20)).toBe(0);
    expect(outageMs([], 20)).toBe(0);
  });

  test("is nothing where the prober itself came late", () => {
    expect(
      outageMs(
        [0, 10, 90, 100].map((startMs) => ({ startMs, endMs: startMs + 1 })),
        20,
      ),
    ).toBe(0);
  });

  test("lasts from the first lost attempt to the first answer", () => {
    expect(outageMs(probesAround(500, 750, timedOut), 20)).toBe(251);
  });

  test("also shows where no attempt fails but all wait for their answer", () => {
    const late = (startMs: number): Probe => ({ startMs, endMs: 740 });
    expect(outageMs(probesAround(500, 730, late), 20)).toBe(231);
  });

  test("is the longest of several", () => {
    const both = [
      ...probesAround(100, 150, timedOut),
      ...probesAround(300, 420, timedOut).map((p) => ({
        ...p,
        startMs: p.startMs + 5000,
        endMs: p.endMs + 5000,
      })),
    ];
    expect(outageMs(both, 20)).toBe(121);
  });

  test("goes on to the last deadline where no answer follows", () => {
    expect(outageMs(probesAround(1500, 2000, timedOut), 20)).toBe(1990 + 1000 - 1500);
  });

  test("differs from the real outage by at most one interval, whenever that begins", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 100, max: 900, noNaN: true }),
        fc.double({ min: 20, max: 800, noNaN: true }),
        (begin, length) => {
          const seen = outageMs(probesAround(begin, begin + length, timedOut), 20);
          expect(Math.abs(seen - 1 - length)).toBeLessThanOrEqual(10);
        },
      ),
    );
  });
});

describe("holders of the address over time", () => {
  const moved = [
    { atMs: 0, node: "a", holds: true },
    { atMs: 100, node: "a", holds: false },
    { atMs: 140, node: "b", holds: true },
  ];

  test("a gap between two holders is time without one", () => {
    expect(holding(moved, { fromMs: 50, toMs: 200 })).toEqual({ twoHoldersMs: 0, noHolderMs: 40 });
  });

  test("an overlap is time with two, in whatever order the nodes were heard", () => {
    const overlap = [
      { atMs: 130, node: "a", holds: false },
      { atMs: 0, node: "a", holds: true },
      { atMs: 100, node: "b", holds: true },
    ];
    expect(holding(overlap, { fromMs: 50, toMs: 200 })).toEqual({ twoHoldersMs: 30, noHolderMs: 0 });
  });

  test("what happened before the span counts as its beginning, what comes after does not count", () => {
    expect(holding(moved, { fromMs: 120, toMs: 130 })).toEqual({ twoHoldersMs: 0, noHolderMs: 10 });
    expect(holding(moved, { fromMs: 0, toMs: 90 })).toEqual({ twoHoldersMs: 0, noHolderMs: 0 });
  });

  test("one holder again is counted from the repair to the last moment with another number", () => {
    expect(oneHolderAfterMs(moved, { fromMs: 50, toMs: 1000 })).toBe(90);
    expect(oneHolderAfterMs(moved, { fromMs: 150, toMs: 1000 })).toBe(0);
    expect(oneHolderAfterMs(moved, { fromMs: 50, toMs: 120 })).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("long connections that ended", () => {
  const loss = (exit: string, cause = "closed") => ({ exit, cause, atMs: 0 });
  const judged = (...losses: ReturnType<typeof loss>[]) =>
    judgeTunnels(200, losses, new Set(["10.0.1.42"]), (exit) => (exit === "10.0.1.41" ? "wg1" : "wg2"));

  test("with the proxy that failed are no fault", () => {
    expect(judged(loss("10.0.1.42"), loss("10.0.1.42", "ECONNRESET"))).toEqual({
      tunnels: { opened: 200, ended: 2, lost: 0 },
      faults: [],
    });
  });

  test("through a proxy that works are named with their number and cause", () => {
    expect(judged(loss("10.0.1.41"), loss("10.0.1.41"), loss("10.0.1.42"))).toEqual({
      tunnels: { opened: 200, ended: 1, lost: 2 },
      faults: ["2 long connections through wg1, which works, were lost (closed)"],
    });
  });

  test("without a word to the client are a fault wherever they went", () => {
    expect(judged(loss("10.0.1.42", "silent"))).toEqual({
      tunnels: { opened: 200, ended: 0, lost: 1 },
      faults: ["1 long connections through wg2 were left without an answer"],
    });
  });
});

describe("the judgement of a drill", () => {
  const round = (change: Partial<RoundResult> = {}): RoundResult => ({
    outageMs: 200,
    slowestAnswerMs: 5,
    twoHoldersMs: 0,
    noHolderMs: 200,
    failures: { timeout: 20 },
    faults: [],
    ...change,
  });
  const budget = { outageMs: 300, twoHoldersMs: 50, because: "" };

  test("is good where every bound is kept", () => {
    const result = judge("host-loss", [round(), round(), round()], budget, 10);
    expect(result).toMatchObject({ ok: true, missed: [], failed: 60, budgetMs: 300, rounds: 3 });
    expect(result.outageMs).toEqual({ median: 200, p95: 200, max: 200 });
  });

  test.each([
    ["a long outage", { outageMs: 301 }, "outage (p95) 301 ms, budget 300 ms"],
    ["two holders for too long", { twoHoldersMs: 51 }, "time with two holders 51 ms, budget 50 ms"],
    ["a fault of the kind's own", { faults: ["a session hung"] }, "round 2: a session hung"],
  ])("names %s", (_, change, sentence) => {
    expect(judge("host-loss", [round(), round(change)], budget, 10)).toMatchObject({
      ok: false,
      missed: [sentence],
    });
  });

  test("a node that may not lose a connection is judged by each one", () => {
    const rounds = [round({ outageMs: 0, failures: { ECONNRESET: 1 } })];
    const { ok, missed } = judge("rejoin", rounds, { outageMs: 0, failed: 0, because: "" }, 10);
    expect({ ok, missed }).toEqual({ ok: false, missed: ["failed connections 1, budget 0"] });
  });

  test("long connections add up, and the round with the most switches counts", () => {
    const rounds = [
      round({ tunnels: { opened: 200, ended: 100, lost: 0 }, switches: 1 }),
      round({ tunnels: { opened: 200, ended: 90, lost: 2 }, switches: 5 }),
    ];
    const result = judge("egress-flap", rounds, { outageMs: 300, switches: 4, because: "" }, 20);
    expect(result).toMatchObject({
      tunnels: { opened: 400, ended: 190, lost: 2 },
      switches: 5,
      missed: ["switches in a round 5, budget 4"],
    });
  });

  test("failed connections may have a bound for each round", () => {
    const rounds = [round({ failures: { timeout: 30 } }), round({ failures: { timeout: 20, closed: 21 } })];
    const { missed } = judge("egress-flap", rounds, { outageMs: 300, failedInRound: 40, because: "" }, 20);
    expect(missed).toEqual(["failed connections in a round 41, budget 40"]);
  });

  test("two holders for ever after a repair miss a budget of one second", () => {
    const rounds = [round({ oneHolderAfterMs: Number.POSITIVE_INFINITY })];
    expect(judge("partition", rounds, { outageMs: 300, oneHolderAfterMs: 1000, because: "" }, 10).ok).toBe(
      false,
    );
  });
});
