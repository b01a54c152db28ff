import { statistics } from "../../drills/measure/drillResult.ts";
import { type CurvePoint, type Pause, type Stressed, stressNames } from "../failover/curve.ts";
import { borneMs } from "../failover/judgeCurve.ts";
import { table } from "./format.ts";
import { type BenchRecord, describeMachine } from "./record.ts";

const command = "npm run bench -- --only failover-curve";

/** What `docs/failover-time.md` shows of the record. */
export function curvePage(record: BenchRecord | undefined): string {
  const [first] = record?.curve ?? [];
  if (record === undefined || first === undefined) return `Not measured yet: \`${command}\` does it.`;
  return [
    `Measured by \`${command}\` on ${describeMachine(record.machine)}, ${first.measured}.`,
    "![Outage of a lost holder and longest pause that moves nothing, by interval](../bench/failover-curve.svg)",
    curveTable(record.curve),
  ].join("\n\n");
}

function curveTable(curve: readonly CurvePoint[]): string {
  return table(
    [
      ...["adverts", "keepalived", "host lost, median", "p95"],
      ...["longest pause that moves nothing", ...stressNames, "host lost under stress, longest"],
    ],
    curve.map(({ advertMs, scheduling, outagesMs, pauses, stresses }) => {
      const stressedMs = stresses.flatMap((each) => each.outagesMs);
      const lost = outagesMs.length > 0 ? statistics(outagesMs) : undefined;
      return [
        `${advertMs} ms`,
        scheduling === "nice" ? "nice −20" : scheduling,
        ms(lost?.median),
        ms(lost?.p95),
        pauseOf(pauses),
        ...stressNames.map((name) => movesIn(stresses.find(({ stress }) => stress === name))),
        ms(stressedMs.length > 0 ? statistics(stressedMs).max : undefined),
      ];
    }),
  );
}

/** A dash where none was measured, and a bound where the shortest one moved the address. */
function pauseOf(pauses: readonly Pause[]): string {
  const borne = borneMs(pauses);
  if (borne !== undefined || pauses.length === 0) return ms(borne);
  return `< ${Math.round(Math.min(...pauses.map(({ pausedMs }) => pausedMs)))} ms`;
}

/** As in `0 in 60 s`; a dash where it was not measured. */
function movesIn(stressed: Stressed | undefined): string {
  return stressed === undefined ? "–" : `${stressed.moves} in ${stressed.seconds} s`;
}

function ms(value: number | undefined): string {
  return value === undefined ? "–" : `${value} ms`;
}
