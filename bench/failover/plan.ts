import { type CurvePoint, type Scheduling, type StressName, stressNames } from "./curve.ts";

/** `pairs[].vrrp.advertIntervalMs`, ascending: what a shorter interval bore is known of the longer ones. */
export const advertsMs = [10, 20, 40, 80] as const;
/** Each pair of interval and scheduling is measured in this order. */
export const schedulings: readonly Scheduling[] = ["real time", "nice"];
/** How long the holder is paused, ms. */
const pausesMs = [20, 30, 40, 50, 60, 70, 80, 100, 120, 140, 160, 180, 200, 220, 240, 260, 280, 300] as const;

/** How much is measured at each point. */
export interface CurvePlan {
  /** How long each stress lasts, s; at the default interval `defaultSeconds`. */
  readonly seconds: number;
  readonly defaultSeconds: number;
  /** How often the holder is lost without stress. */
  readonly losses: Readonly<Record<Scheduling, number>>;
  /** How often it is lost under a stress that moved nothing. */
  readonly stressedLosses: number;
  /** How often it is paused for each length. */
  readonly tries: number;
}

/**
 * Twenty rounds and a minute of each stress take about 30 minutes. Most pairs have the default interval: it bears each
 * stress for longer, ten minutes of all four. Without other work keepalived's scheduling makes no difference: half as many
 * rounds show that.
 */
export function planOf({
  rounds,
  seconds,
}: {
  readonly rounds: number;
  readonly seconds: number;
}): CurvePlan {
  const part = (share: number) => Math.ceil(rounds * share);
  return {
    seconds,
    defaultSeconds: 2.5 * seconds,
    losses: { "real time": part(0.4), nice: part(0.2) },
    stressedLosses: part(0.1),
    tries: part(0.15),
  };
}

export type Point = Pick<CurvePoint, "advertMs" | "scheduling">;

/** How long each stress lasts at a point, s. */
export function secondsAt(point: Point, plan: CurvePlan, defaultMs: number): number {
  return isDefault(point, defaultMs) ? plan.defaultSeconds : plan.seconds;
}

/** What a pair of the lab has where its config says nothing. */
function isDefault({ scheduling, advertMs }: Point, defaultMs: number): boolean {
  return scheduling === "real time" && advertMs === defaultMs;
}

/**
 * The stresses to measure at a point. One that moved nothing with shorter adverts moves nothing with longer ones either.
 * @param defaultMs the interval of which every stress is measured, since most pairs have it
 */
export function stressesAt(
  point: Point,
  measured: readonly CurvePoint[],
  defaultMs: number,
): readonly StressName[] {
  if (isDefault(point, defaultMs)) return stressNames;
  const before = measured.filter(
    ({ scheduling, advertMs }) => scheduling === point.scheduling && advertMs < point.advertMs,
  );
  const borne = before.flatMap(({ stresses }) => stresses.filter(({ moves }) => moves === 0));
  return stressNames.filter((name) => !borne.some(({ stress }) => stress === name));
}

/**
 * The lengths to measure at a point, ascending. A peer waits for three adverts and its skew since the last one: a pause of
 * less than one interval is borne, one of more than four is not. Nothing runs in a paused machine, so that keepalived's
 * scheduling makes no difference: the pauses are measured in real time alone.
 */
export function pausesAt({ advertMs, scheduling }: Point): readonly number[] {
  if (scheduling !== "real time") return [];
  return pausesMs.filter((pauseMs) => pauseMs >= advertMs && pauseMs <= 4 * advertMs + 20);
}
