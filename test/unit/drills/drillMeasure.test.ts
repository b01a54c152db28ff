import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { tunnelLog } from "../../../drills/clients/tunnels.ts";
import { statistics } from "../../../drills/measure/drillResult.ts";
import {
  addChange,
  countMoves,
  type HolderChange,
  holding,
  oneHolderAfterMs,
} from "../../../drills/measure/holding.ts";
import { countLate, longestGapMs, outageMs, type Probe, unserved } from "../../../drills/measure/outage.ts";
import { judgeTunnels } from "../../../drills/measure/tunnels.ts";

describe("statistics of a drill", () => {
  test("the 95th percentile of twenty rounds is the nineteenth", () => {
    const rounds = Array.from({ length: 20 }, (_, index) => 20 - index);
    expect(statistics(rounds)).toEqual({ median: 10, p95: 19, max: 20 });
  });

  test("of three rounds, one bad one is the 95th percentile", () => {
    expect(statistics([5, 400, 7])).toEqual({ median: 7, p95: 400, max: 400 });
  });

  test("need a value", () => {
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

describe("a prober that stalls", () => {
  const starts = (...at: number[]): Probe[] => at.map((startMs) => ({ startMs, endMs: startMs + 1 }));

  test("shows in its longest pause, however its attempts ended", () => {
    expect(longestGapMs(starts(120, 10, 0, 110), { fromMs: 0, toMs: 130 })).toBe(100);
  });

  test("shows where it pauses at the beginning or at the end", () => {
    expect(longestGapMs(starts(50, 60), { fromMs: 0, toMs: 70 })).toBe(50);
    expect(longestGapMs(starts(0, 10), { fromMs: 0, toMs: 90 })).toBe(80);
    expect(longestGapMs([], { fromMs: 0, toMs: 90 })).toBe(90);
  });
});

describe("clients that come after a repair", () => {
  const late = (probes: readonly Probe[]) =>
    countLate(probes, { sinceMs: 1000, promptMs: 20, atOnceMs: 100 });

  test("are late where neither their first attempt nor the next ones are answered in time", () => {
    expect(late(probesAround(1200, 1400, timedOut))).toBe(11);
    expect(late(probesAround(1200, 1290, timedOut))).toBe(0);
  });

  test("are not late for one lost attempt, nor because of those who came before the repair", () => {
    expect(late(probesAround(1200, 1210, timedOut))).toBe(0);
    expect(late(probesAround(500, 900, timedOut))).toBe(0);
  });

  test("are late where they all wait for an answer that comes", () => {
    expect(late(probesAround(1200, 1400, () => ({ startMs: 1200, endMs: 1400 })))).toBe(20);
  });
});

describe("clients are served", () => {
  const good = Array.from({ length: 200 }, (_, index) => ({ startMs: index * 10, endMs: index * 10 + 1 }));
  const ask = (probes: readonly Probe[], sinceMs = 0, nowMs = 2000) =>
    unserved({ probes, intervalMs: 10, sinceMs, nowMs });

  test("where half a second of attempts got an answer", () => {
    expect(ask(good)).toBeUndefined();
  });

  test("not before half a second has passed since that moment", () => {
    expect(ask(good, 1501)).toBe("it is too early");
  });

  test("not where an attempt that began since then has failed, and whatever one before did", () => {
    expect(ask([...good, timedOut(1600)])).toBe("clients are not served (timeout)");
    expect(ask([...good, timedOut(1400)])).toBeUndefined();
  });

  test("not where the answers that come belong to attempts begun before", () => {
    const old = Array.from({ length: 100 }, (_, index) => ({ startMs: 1000 + index, endMs: 1900 }));
    expect(ask(old)).toBe("clients get no answer");
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

  test("a move is a node that takes the address, within the span", () => {
    expect(countMoves(moved, { fromMs: 50, toMs: 200 })).toBe(1);
    expect(countMoves(moved, { fromMs: 50, toMs: 140 })).toBe(0);
  });

  test("one holder again is counted from the repair to the last moment with another number", () => {
    expect(oneHolderAfterMs(moved, { fromMs: 50, toMs: 1000 })).toBe(90);
    expect(oneHolderAfterMs(moved, { fromMs: 150, toMs: 1000 })).toBe(0);
    expect(oneHolderAfterMs(moved, { fromMs: 50, toMs: 120 })).toBe(Number.POSITIVE_INFINITY);
  });

  test("a node that takes it and gives it up within the error of its clock does not hold it at the end", () => {
    const seen: HolderChange[] = [];
    addChange(seen, { atMs: 10, node: "a", holds: true });
    addChange(seen, { atMs: 50.4, node: "b", holds: true });
    addChange(seen, { atMs: 50.1, node: "b", holds: false });
    expect(holding(seen, { fromMs: 20, toMs: 100 })).toEqual({ twoHoldersMs: 0, noHolderMs: 0 });
    expect(oneHolderAfterMs(seen, { fromMs: 20, toMs: 100 })).toBe(0);
  });

  test("another node's change may have been earlier than the last one that was seen", () => {
    const seen: HolderChange[] = [];
    addChange(seen, { atMs: 10, node: "a", holds: true });
    addChange(seen, { atMs: 60, node: "b", holds: true });
    addChange(seen, { atMs: 50, node: "a", holds: false });
    expect(holding(seen, { fromMs: 10, toMs: 100 })).toEqual({ twoHoldersMs: 0, noHolderMs: 10 });
  });
});

describe("long connections that ended", () => {
  const loss = (exit: string, cause = "closed", askedMs = 0) => ({ exit, cause, askedMs });
  const judgedAfter = (nodeGoneMs: number, losses: readonly ReturnType<typeof loss>[]) =>
    judgeTunnels(200, losses, { exits: new Set(["10.0.1.42"]), nodeGoneMs }, (exit) =>
      exit === "10.0.1.41" ? "wg1" : "wg2",
    );
  const judged = (...losses: ReturnType<typeof loss>[]) => judgedAfter(Number.NEGATIVE_INFINITY, losses);

  test("with the proxy that failed are not a fault", () => {
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

  test("without an answer or an error are a fault wherever they went", () => {
    expect(judged(loss("10.0.1.42", "silent"))).toEqual({
      tunnels: { opened: 200, ended: 0, lost: 1 },
      faults: ["1 long connections through wg2 were left without an answer"],
    });
  });

  test("without an answer are not a fault where the request was sent before its node was gone", () => {
    const { tunnels } = judgedAfter(100, [
      loss("10.0.1.42", "silent", 99),
      loss("10.0.1.42", "silent", 100),
      loss("10.0.1.41", "silent", 99),
    ]);
    expect(tunnels).toEqual({ opened: 200, ended: 1, lost: 2 });
  });
});

describe("what clients with long connections print", () => {
  const logOf = (...lines: string[]) => {
    const log = tunnelLog();
    for (const line of lines) log.read(line);
    return log;
  };

  test("is the exit of each, and which ended how", () => {
    const { exits, lost } = logOf("open 0 10.0.1.41", "open 1 10.0.1.42", "lost 1 12.5 10.0.1.42 closed");
    expect({ exits, lost }).toEqual({
      exits: ["10.0.1.41", "10.0.1.42"],
      lost: [{ exit: "10.0.1.42", cause: "closed", askedMs: 12.5 }],
    });
  });

  test("leaves out of the unanswered those that answered since, or ended", () => {
    const log = logOf("open 0 a", "open 1 a", "open 2 a", "answered 0 90", "answered 1 110");
    expect(log.countUnanswered(100)).toBe(2);
    log.read("lost 2 2500 a silent");
    expect(log.countUnanswered(100)).toBe(1);
    log.read("answered 0 100");
    expect(log.countUnanswered(100)).toBe(0);
  });
});
