import { describe, expect, test } from "vitest";
import type { CurvePoint, Stressed, StressName } from "../../../bench/failover/curve.ts";
import { borneMs, curveFigures } from "../../../bench/failover/judgeCurve.ts";
import { advertsMs, pausesAt, planOf, schedulings, stressesAt } from "../../../bench/failover/plan.ts";
import { stressCommand } from "../../../bench/failover/stressUnit.ts";
import { curvePage } from "../../../bench/report/curvePage.ts";
import { curvePlot } from "../../../bench/report/curvePlot.ts";
import { addFindings, BenchRecord } from "../../../bench/report/record.ts";

const all = ["processor", "memory", "disk", "forks"] as const;

function stressed(stress: StressName, moves: number): Stressed {
  return { stress, seconds: 60, moves, outagesMs: moves === 0 ? [70, 90] : [] };
}

const point: CurvePoint = {
  advertMs: 20,
  scheduling: "real time",
  outagesMs: [50, 62, 55],
  pauses: [
    { pausedMs: 41.2, moved: false },
    { pausedMs: 52.4, moved: true },
    { pausedMs: 58.1, moved: false },
  ],
  stresses: all.map((name) => stressed(name, 0)),
};
const byNice: CurvePoint = {
  ...point,
  scheduling: "nice",
  pauses: [],
  stresses: [stressed("processor", 3), stressed("disk", 0)],
};

describe("what the failover curve measures", () => {
  test("is every stress at the shortest interval, and at the default", () => {
    const bears = { ...point, advertMs: 10 };
    expect(stressesAt({ advertMs: 10, scheduling: "real time" }, [], 20)).toEqual(all);
    expect(stressesAt({ advertMs: 20, scheduling: "real time" }, [bears], 20)).toEqual(all);
  });

  test("is, at a longer interval, only the stresses that a shorter one did not bear", () => {
    expect(stressesAt({ advertMs: 40, scheduling: "real time" }, [point], 20)).toEqual([]);
    expect(stressesAt({ advertMs: 40, scheduling: "nice" }, [point, byNice], 20)).toEqual([
      "processor",
      "memory",
      "forks",
    ]);
  });

  test("is pauses from those that any peer bears to those that none does", () => {
    for (const advertMs of advertsMs) {
      const lengths = pausesAt({ advertMs, scheduling: "real time" });
      expect(lengths[0]).toBeLessThanOrEqual(Math.max(20, 2 * advertMs));
      // Three adverts, and the skew of priorities close together.
      expect(lengths.at(-1)).toBeGreaterThan(3.1 * advertMs);
      expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
    }
    expect(pausesAt({ advertMs: 20, scheduling: "nice" })).toEqual([]);
  });

  test("follows the bench's rounds and seconds, and is never nothing", () => {
    expect(planOf({ rounds: 20, seconds: 60 })).toEqual({
      seconds: 60,
      defaultSeconds: 150,
      losses: { "real time": 8, nice: 4 },
      stressedLosses: 2,
      tries: 3,
    });
    const { losses, stressedLosses, tries } = planOf({ rounds: 1, seconds: 3 });
    expect([...schedulings.map((each) => losses[each]), stressedLosses, tries]).toEqual([1, 1, 1, 1]);
  });
});

test.each(all)(
  "a stress of %s is a unit that ends by itself, within bounds, and takes its files along",
  (name) => {
    const command = stressCommand(name, 90);
    expect(command).toEqual(
      expect.arrayContaining([
        "--property=RuntimeMaxSec=90",
        expect.stringMatching(/^--property=TasksMax=\d+$/),
        expect.stringMatching(/^--property=MemoryMax=\d+$/),
        "--property=PrivateTmp=yes",
      ]),
    );
  },
);

describe("the longest pause that moves nothing", () => {
  test("is shorter than every pause that did", () => {
    expect(borneMs(point.pauses)).toBe(41);
  });

  test("is not known where each pause moved the address, or none was made", () => {
    expect([borneMs([{ pausedMs: 20, moved: true }]), borneMs([])]).toEqual([undefined, undefined]);
  });

  test("is the longest of all where none moved the address", () => {
    expect(borneMs([40, 20].map((pausedMs) => ({ pausedMs, moved: false })))).toBe(40);
  });
});

describe("the figures of the curve", () => {
  const ofDefault = { advertMs: 20, seconds: 60 };

  test("are those of the default interval in real time", () => {
    expect(curveFigures([{ ...point, advertMs: 10 }, point, byNice], ofDefault)).toMatchObject([
      { figure: "false moves in 4 minutes of stress, adverts of 20 ms", value: 0, goal: 0, ok: true },
      { figure: "host lost under stress, adverts of 20 ms, longest", value: 90, goal: null },
      { figure: "longest pause of the holder that moves nothing, adverts of 20 ms", value: 41, goal: null },
    ]);
  });

  test("have one name, however early a run with false moves ended", () => {
    const ended = { ...stressed("processor", 3), seconds: 8 };
    const [moves] = curveFigures([{ ...point, stresses: [ended, ...point.stresses.slice(1)] }], ofDefault);
    expect(moves).toMatchObject({ figure: "false moves in 4 minutes of stress, adverts of 20 ms", value: 3 });
  });

  test("miss the goal with one false move", () => {
    const [moves] = curveFigures([{ ...point, stresses: [stressed("forks", 1)] }], ofDefault);
    expect(moves).toMatchObject({ value: 1, ok: false });
  });

  test("leave out what was not measured", () => {
    expect(curveFigures([{ ...point, pauses: [], stresses: [] }], ofDefault)).toHaveLength(1);
    expect(curveFigures([byNice], ofDefault)).toEqual([]);
  });
});

describe("the record of the curve", () => {
  const machine = { cores: 2, processor: "Test CPU", memoryGb: 24, kernel: "Linux 6.12" };
  const record = addFindings(undefined, { figures: [], curve: [point, byNice] }, machine, "2025-01-01");

  test("is what its file's schema says, and a record of before has none", () => {
    expect(BenchRecord.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
    const { curve: _, ...before } = record;
    expect(BenchRecord.parse(before).curve).toEqual([]);
  });

  test("is of one run: another part of the bench keeps it, another run replaces it whole", () => {
    const other = addFindings(record, { figures: [] }, machine, "2025-02-02");
    expect(other.curve).toEqual(record.curve);
    const again = addFindings(record, { figures: [], curve: [point] }, machine, "2025-02-02");
    expect(again.curve).toEqual([{ ...point, measured: "2025-02-02" }]);
  });

  test("as a table has a row for each point, and a dash for what was not measured", () => {
    const page = curvePage(record);
    expect(page).toContain("on 2 cores (Test CPU), 24 GB, Linux 6.12, 2025-01-01");
    expect(page).toContain(
      "| 20 ms | real time | 55 ms | 62 ms | 41 ms | 0 in 60 s | 0 in 60 s | 0 in 60 s | 0 in 60 s | 90 ms |",
    );
    expect(page).toContain(
      "| 20 ms | nice −20 | 55 ms | 62 ms | – | 3 in 60 s | – | 0 in 60 s | – | 90 ms |",
    );
  });

  test("says of what the longest pause is shorter where each one moved the address", () => {
    const moves = { ...point, pauses: [{ pausedMs: 20.3, moved: true }] };
    const curve = addFindings(undefined, { figures: [], curve: [moves] }, machine, "2025-01-01");
    expect(curvePage(curve)).toContain("| 62 ms | < 20 ms |");
  });

  test("as a plot has a dot for each lost holder and each borne pause, and a name for each colour", async () => {
    const svg = await curvePlot(record.curve);
    const lost = record.curve.flatMap(({ outagesMs, stresses }) => [
      ...outagesMs,
      ...stresses.flatMap((each) => each.outagesMs),
    ]);
    expect(svg.match(/aria-roledescription="circle"/g)).toHaveLength(lost.length);
    expect(svg.match(/aria-roledescription="point"/g)).toHaveLength(1);
    for (const name of ["real time", "nice −20", "under stress", "longest pause that moves nothing"])
      expect(svg).toMatch(new RegExp(`>[^<]*${name}<`));
    expect(svg).not.toMatch(/fill="(white|black)"/);
  });
});
