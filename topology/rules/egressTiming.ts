import type { Problem } from "../problem.ts";
import { groupsOf } from "./proxies.ts";
import { type DraftPair, ofPairs, type Path, type Rule } from "./rule.ts";

export const egressTimingRules: readonly Rule[] = [ofPairs(egressTiming)];

/** Every timeout ends before the next try begins; bounds are no smaller than what they bound. */
function* egressTiming(pair: DraftPair, path: Path): Iterable<Problem> {
  for (const { group, path: at } of groupsOf(pair, path)) {
    const { check, probe, hysteresis } = group;
    if (atLeast(check?.timeoutMs, check?.intervalMs))
      yield {
        path: [...at, "check", "timeoutMs"],
        message: `${check?.timeoutMs} ms is not shorter than intervalMs (${check?.intervalMs} ms)`,
      };
    if (more(check?.fastIntervalMs, check?.intervalMs))
      yield {
        path: [...at, "check", "fastIntervalMs"],
        message: `${check?.fastIntervalMs} ms is longer than intervalMs (${check?.intervalMs} ms)`,
      };
    const whole = sum(probe?.connectTimeoutMs, probe?.requestTimeoutMs);
    if (atLeast(whole, probe?.intervalMs))
      yield {
        path: [...at, "probe", "requestTimeoutMs"],
        message: `connectTimeoutMs and requestTimeoutMs together (${whole} ms) are not shorter than intervalMs (${probe?.intervalMs} ms)`,
      };
    if (more(hysteresis?.holdDownS, hysteresis?.maxHoldDownS))
      yield {
        path: [...at, "hysteresis", "holdDownS"],
        message: `${hysteresis?.holdDownS} s is longer than maxHoldDownS (${hysteresis?.maxHoldDownS} s)`,
      };
  }
}

function atLeast(one: number | undefined, other: number | undefined): boolean {
  return one !== undefined && other !== undefined && one >= other;
}

function more(one: number | undefined, other: number | undefined): boolean {
  return one !== undefined && other !== undefined && one > other;
}

function sum(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : one + other;
}
