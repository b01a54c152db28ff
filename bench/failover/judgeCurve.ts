import { statistics } from "../../drills/measure/drillResult.ts";
import { atMost, type Figure, information, round } from "../figure.ts";
import type { CurvePoint, Pause } from "./curve.ts";

/** The longest pause that moved nothing and is shorter than each one that did, ms; undefined where there is none. */
export function borneMs(pauses: readonly Pause[]): number | undefined {
  const movedMs = Math.min(...pauses.filter(({ moved }) => moved).map(({ pausedMs }) => pausedMs));
  const borne = pauses.filter(({ moved, pausedMs }) => !moved && pausedMs < movedMs);
  return borne.length === 0 ? undefined : Math.round(Math.max(...borne.map(({ pausedMs }) => pausedMs)));
}

/** What the figures are of. */
interface CurveDefault {
  /** Interval of adverts. */
  readonly advertMs: number;
  /** How long each stress was to last at this interval, s. */
  readonly seconds: number;
}

/** The figures of the default interval in real time; none where it was not measured. */
export function curveFigures(curve: readonly CurvePoint[], { advertMs, seconds }: CurveDefault): Figure[] {
  const point = curve.find((each) => each.advertMs === advertMs && each.scheduling === "real time");
  if (point === undefined) return [];
  const minutes = round((point.stresses.length * seconds) / 60, 1);
  const moves = point.stresses.reduce((sum, each) => sum + each.moves, 0);
  const stressedMs = point.stresses.flatMap(({ outagesMs }) => outagesMs);
  const borne = borneMs(point.pauses);
  const adverts = `adverts of ${advertMs} ms`;
  return [
    atMost(0, `false moves in ${minutes} minutes of stress, ${adverts}`, moves, ""),
    ...(stressedMs.length > 0
      ? [information(`host lost under stress, ${adverts}, longest`, statistics(stressedMs).max, "ms")]
      : []),
    ...(borne !== undefined
      ? [information(`longest pause of the holder that moves nothing, ${adverts}`, borne, "ms")]
      : []),
  ];
}
