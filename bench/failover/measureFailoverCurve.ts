import { watchHolders } from "../../drills/observe/watchHolders.ts";
import { drilledPair } from "../../drills/pair.ts";
import { restorations } from "../../drills/restorations.ts";
import { defaultAdvertIntervalMs } from "../../topology/schema/targets.ts";
import type { Findings } from "../figure.ts";
import { measuredWith } from "../otherConfig.ts";
import type { BenchProject } from "../project.ts";
import type { CurvePoint, Stressed, StressName } from "./curve.ts";
import { falseMoves } from "./falseMoves.ts";
import { type Ground, holderOf } from "./ground.ts";
import { curveFigures } from "./judgeCurve.ts";
import { lose, loseUnderStress } from "./losses.ts";
import { pauses } from "./pauses.ts";
import {
  advertsMs,
  type CurvePlan,
  type Point,
  pausesAt,
  planOf,
  schedulings,
  secondsAt,
  stressesAt,
} from "./plan.ts";
import { schedule } from "./scheduling.ts";

interface Options {
  readonly rounds: number;
  /** How long each stress lasts. */
  readonly seconds: number;
  readonly signal: AbortSignal;
}

const defaultMs = defaultAdvertIntervalMs.lab;

/**
 * What an interval between adverts costs and bears: the outage of a lost holder, false moves while both nodes have other
 * work, and pauses of the holder's machine, with keepalived in real time and without.
 */
export async function measureFailoverCurve(
  project: BenchProject,
  { signal, ...amount }: Options,
): Promise<Findings> {
  const plan = planOf(amount);
  const curve: CurvePoint[] = [];
  for (const advertMs of advertsMs) {
    signal.throwIfAborted();
    await measuredWith(project, { vrrp: { advertIntervalMs: advertMs } }, async () => {
      for (const scheduling of schedulings) {
        const point = { advertMs, scheduling };
        const stresses = stressesAt(point, curve, defaultMs);
        const seconds = secondsAt(point, plan, defaultMs);
        curve.push(await measurePoint(project, point, { ...plan, seconds }, stresses, signal));
      }
    });
  }
  return { figures: curveFigures(curve, { advertMs: defaultMs, seconds: plan.defaultSeconds }), curve };
}

async function measurePoint(
  project: BenchProject,
  point: Point,
  plan: CurvePlan,
  stresses: readonly StressName[],
  signal: AbortSignal,
): Promise<CurvePoint> {
  const { advertMs, scheduling } = point;
  const pair = drilledPair(project.topology, await project.outputs());
  const watch = watchHolders(pair.lab, pair.nodes, pair.vip.address);
  const tell = (sentence: string) => console.error(`adverts of ${advertMs} ms, ${scheduling}: ${sentence}`);
  const ground: Ground = { pair, watch, signal, tell };
  const { add, undo } = restorations();
  add(() => watch.stop());
  try {
    await holderOf(ground);
    if (scheduling !== "real time") add(() => schedule(pair, "real time"));
    await schedule(pair, scheduling);
    const outagesMs = await lose(ground, plan.losses[scheduling]);
    const paused = await pauses(ground, advertMs, pausesAt(point), plan.tries);
    const stressed: Stressed[] = [];
    for (const name of stresses) stressed.push(await measureStress(ground, name, plan));
    return { ...point, outagesMs, pauses: paused, stresses: stressed };
  } finally {
    for (const problem of await undo()) tell(problem);
  }
}

async function measureStress(ground: Ground, name: StressName, plan: CurvePlan): Promise<Stressed> {
  const found = await falseMoves(ground, name, plan.seconds);
  const isBorne = found.moves === 0;
  return { ...found, outagesMs: isBorne ? await loseUnderStress(ground, name, plan.stressedLosses) : [] };
}
