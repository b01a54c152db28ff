import { describe, expect, test } from "vitest";
import { atLeast, atMost, information, ofRounds } from "../../../bench/figure.ts";
import { formatJson, formatTable, markdown } from "../../../bench/report/format.ts";
import { outagesPlot } from "../../../bench/report/outagesPlot.ts";
import type { Machine } from "../../../bench/report/record.ts";
import { addFindings, BenchRecord, fewerRounds, otherMachine } from "../../../bench/report/record.ts";

const machine: Machine = { cores: 2, processor: "Test CPU", memoryGb: 24, kernel: "Linux 6.12" };
const lost = { ...atMost(300, "VIP outage, host lost, p95", 251.3, "ms"), rounds: 20 };
const ratio = atLeast(0.9, "pgbench through VIP", 0.85, "");
const rate = information("pgbench straight", 4000, "tps");
const outages = { "host-loss": { budgetMs: 300, roundsMs: [240, 251.3] } };
const cpu = [
  { script: "select-only", way: "through VIP", haproxy: 60, pgbouncer: 70, postgresql: 80, pgbench: 90 },
];
const record = addFindings(undefined, { figures: [lost, ratio, rate], outages, cpu }, machine, "2025-01-01");

describe("the bench's record", () => {
  test("is what its file's schema says", () => {
    expect(BenchRecord.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  test("keeps the latest of a figure in its place, and the day of each", () => {
    const again = addFindings(record, { figures: [{ ...lost, value: 199 }] }, machine, "2025-02-02");
    expect(again.figures.map(({ figure, value, measured }) => [figure, value, measured])).toEqual([
      [lost.figure, 199, "2025-02-02"],
      [ratio.figure, 0.85, "2025-01-01"],
      [rate.figure, 4000, "2025-01-01"],
    ]);
    expect(again.outages).toEqual(outages);
  });

  test("has figures of one machine only", () => {
    const elsewhere = addFindings(record, { figures: [lost] }, { ...machine, cores: 8 }, "2025-02-02");
    expect(elsewhere).toMatchObject({ machine: { cores: 8 }, figures: [lost], outages: {}, cpu: [] });
  });
});

describe("what the bench's record loses is reported", () => {
  const moreCores = { ...machine, cores: 8 };

  test("where its figures are of another machine", () => {
    const warning = otherMachine(record, moreCores);
    expect(warning).toContain("3 figures of 2 cores (Test CPU), 24 GB, Linux 6.12");
    expect(warning).toContain("8 cores (Test CPU)");
    expect([otherMachine(record, machine), otherMachine(undefined, machine)]).toEqual([undefined, undefined]);
  });

  test("where a figure of fewer rounds replaces one of more, and only there", () => {
    const of = (rounds: number) => fewerRounds(record, ofRounds(rounds, [lost, ratio]));
    expect(of(3)).toEqual(['"VIP outage, host lost, p95": 3 rounds replace 20 in bench/']);
    expect([...of(20), ...of(40), ...fewerRounds(undefined, ofRounds(1, [lost]))]).toEqual([]);
  });
});

test("bench --json is a list of figures with these five keys and no others", () => {
  const list = JSON.parse(formatJson([lost, rate]));
  expect(list).toEqual([
    { figure: "VIP outage, host lost, p95", value: 251.3, unit: "ms", goal: 300, ok: true },
    { figure: "pgbench straight", value: 4000, unit: "tps", goal: null, ok: true },
  ]);
  expect(Object.keys(list[0])).toEqual(["figure", "value", "unit", "goal", "ok"]);
});

describe("the bench's tables", () => {
  test("on a terminal name the machine, every goal, and how many were missed", () => {
    const text = formatTable([lost, ratio, rate], machine, "2025-01-01");
    expect(text).toContain("2 cores (Test CPU), 24 GB, Linux 6.12, 2025-01-01");
    expect(text).toMatch(/host lost, p95\s+251.3 ms\s+≤ 300 ms\s+20 rounds\s+.*ok/);
    expect(text).toMatch(/through VIP\s+0.85\s+≥ 0.9\s+.*missed/);
    expect(text).toContain("goals missed: 1");
  });

  test("as Markdown keep figures with and without a goal apart", () => {
    const text = markdown(record);
    expect(text).toContain("| VIP outage, host lost, p95 | **251.3 ms** | ≤ 300 ms | ✓ | 20 | 2025-01-01 |");
    expect(text).toContain("| pgbench through VIP | **0.85** | ≥ 0.9 | missed |  | 2025-01-01 |");
    expect(text).toContain("| pgbench straight | 4000 tps |  |");
    expect(text).toContain("| select-only | through VIP | 60 | 70 | 80 | 90 |");
    expect(text).toContain("(outages.svg)");
  });
});

test("the plot of the outages has every kind, a dot a round, and no background of its own", async () => {
  const svg = await outagesPlot({ ...outages, rejoin: { budgetMs: 0, roundsMs: [0, 0, 0] } });
  expect(svg).toMatch(/^<svg/);
  for (const kind of ["host-loss", "rejoin"]) expect(svg).toContain(`>${kind}<`);
  expect(svg.match(/aria-roledescription="circle"/g)).toHaveLength(5);
  expect(svg).not.toMatch(/fill="(white|black)"/);
});
