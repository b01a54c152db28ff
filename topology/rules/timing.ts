import type { Problem } from "../problem.ts";
import { defaultAdvertIntervalMs, type TargetKind } from "../schema/targets.ts";
import { type Config, type DraftPair, groupsOf, type Path, pairs } from "./draft.ts";
import { ofPairs, type Rule } from "./rule.ts";

/**
 * Shorter timers take a pause of the holder for its failure. keepalived is scheduled in real time: of the machines that
 * were stressed for minutes none paused for so long (docs/failover-time.md). A virtual machine as a whole waits for a
 * core of the machine that runs it.
 */
const shortestDownTimerMs: Readonly<Record<TargetKind, number>> = {
  lab: 30,
  hosts: 30,
  ec2: 150,
  vagrant: 600,
};

/** Times of a pair that must fit each other. */
export const timingRules: readonly Rule[] = [vrrpTiming, ofPairs(checkTiming)];

function* vrrpTiming(config: Config): Iterable<Problem> {
  const { target } = config;
  if (target === undefined) return;
  const shortest = shortestDownTimerMs[target];
  for (const { pair, path } of pairs(config)) {
    const { version, advertIntervalMs = defaultAdvertIntervalMs[target], downTimerAdverts } = pair.vrrp ?? {};
    const at = [...path, "vrrp", "advertIntervalMs"];
    if (version === 2 && advertIntervalMs % 1000 !== 0) {
      yield {
        path: at,
        message: `${advertIntervalMs} ms: VRRPv2 knows whole seconds only; use version 3 or a multiple of 1000`,
      };
    }
    if (downTimerAdverts !== undefined && advertIntervalMs * downTimerAdverts < shortest) {
      const message = `${downTimerAdverts} adverts of ${advertIntervalMs} ms are shorter than pauses of this target's machines: make advertIntervalMs × downTimerAdverts at least ${shortest} ms`;
      yield { path: at, message };
    }
  }
}

function* checkTiming(pair: DraftPair, path: Path): Iterable<Problem> {
  const { checkIntervalMs, checkTimeoutMs } = pair.haproxy ?? {};
  if (checkIntervalMs === undefined || checkTimeoutMs === undefined || checkTimeoutMs < checkIntervalMs)
    return;
  yield {
    path: [...path, "haproxy", "checkTimeoutMs"],
    message: `${checkTimeoutMs} ms is not shorter than checkIntervalMs (${checkIntervalMs} ms)`,
  };
}

export const egressTimingRules: readonly Rule[] = [ofPairs(egressTiming)];

/** An attempt times out before the next one begins; an upper limit is not below what it limits. */
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
