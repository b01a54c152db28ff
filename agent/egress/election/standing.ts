import type { EgressGroupConfig } from "../../../topology/egressConfig.ts";
import type { ServerMemory } from "../memory.ts";
import type { HaproxyServerState } from "../observation.ts";

export interface Standing {
  readonly memory: ServerMemory;
  /** It carried traffic at the last election and does so no more; an operator's maint is no failure. */
  readonly failed: boolean;
  /**
   * From now on haproxy and our own observation agree that it is dead. One of them alone may be wrong: haproxy asks
   * one target only, and an observation is one request.
   */
  readonly died: boolean;
}

/** Whether a server carries traffic now, and its hold-down. `view` is haproxy's; undefined where that is unknown. */
export function standing(
  before: ServerMemory,
  view: HaproxyServerState | undefined,
  nowMs: number,
  { holdDownS, maxHoldDownS }: EgressGroupConfig["hysteresis"],
): Standing {
  const usable = isUsable(before, view);
  const maxHoldDownMs = maxHoldDownS * 1000;
  // A clock that was set back makes nothing last longer than it may.
  const failedAtMs = Math.min(before.failedAtMs, nowMs);
  const heldUntilMs = Math.min(before.heldUntilMs, nowMs + maxHoldDownMs);
  const remembered = nowMs - failedAtMs >= maxHoldDownMs ? 0 : before.failures;
  const dead = view === "down" && before.state !== null && before.state !== "online";
  const died = dead && !before.dead;
  const memory = { ...before, usable, dead, failures: remembered, failedAtMs, heldUntilMs };
  if (usable) return { memory, failed: false, died };
  const failed = before.usable && view !== "maint";
  if (!failed) return { memory: { ...memory, betterRounds: 0 }, failed, died };
  const failures = remembered + 1;
  const holdDownMs = Math.min(holdDownS * 2 ** (failures - 1) * 1000, maxHoldDownMs);
  return {
    failed,
    died,
    memory: {
      ...memory,
      // An old latency must not win when it comes back.
      ewmaMs: null,
      betterRounds: 0,
      failures,
      failedAtMs: nowMs,
      heldUntilMs: Math.max(heldUntilMs, nowMs + holdDownMs),
    },
  };
}

function isUsable({ state, usable }: ServerMemory, view: HaproxyServerState | undefined): boolean {
  if (view === "maint" || view === "down") return false;
  if (state !== null) return state === "online";
  // Nothing is known of it: as before.
  return view === "up" || usable;
}
