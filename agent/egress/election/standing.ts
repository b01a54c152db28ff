import type { EgressGroupConfig } from "../../../contract/egressConfig.ts";
import { failuresLeft, holdDownMs } from "../../daemon/holdDown.ts";
import type { GroupMemory, ServerMemory } from "../memory.ts";
import type { HaproxyServerState, Observation } from "../observation.ts";
import { beats } from "./choose.ts";
import type { EgressEvent } from "./verdict.ts";

export interface Standing {
  readonly memory: ServerMemory;
  /**
   * It carried traffic at the last election and does not any more. Neither an operator's maint nor haproxy's return to
   * other servers, after it had found all of them dead, is a failure.
   */
  readonly failed: boolean;
  /**
   * haproxy and our own observation agree that it is dead. One of them alone may be wrong: haproxy asks one target
   * only, and an observation is one request.
   */
  readonly dead: boolean;
}

export interface Sight {
  /** haproxy's state of the server; undefined where that is unknown. */
  readonly view: HaproxyServerState | undefined;
  /** Whether haproxy finds no server of the group alive, and so sends clients on without a check. */
  readonly allDown: boolean;
  /** Epoch. */
  readonly nowMs: number;
}

/** Whether a server carries traffic now, and its hold-down. */
export function standing(
  before: ServerMemory,
  { view, allDown, nowMs }: Sight,
  { holdDownS, maxHoldDownS }: EgressGroupConfig["hysteresis"],
): Standing {
  const online = before.state === "online";
  // Where haproxy's target is dead, every proxy looks dead to it; a proxy that answers the agent is alive.
  const unchecked = allDown && view === "down" && online;
  const usable = unchecked || isUsable(before, view);
  const maxHoldDownMs = maxHoldDownS * 1000;
  // A clock that was set back must not prolong anything.
  const failedAtMs = Math.min(before.failedAtMs, nowMs);
  const heldUntilMs = Math.min(before.heldUntilMs, nowMs + maxHoldDownMs);
  const remembered = failuresLeft(before.failures, { lastAtMs: failedAtMs, nowMs, forgetMs: maxHoldDownMs });
  const dead = view === "down" && before.state !== null && !online;
  const memory = { ...before, usable, unchecked, failures: remembered, failedAtMs, heldUntilMs };
  if (usable) return { memory, failed: false, dead };
  const failed = before.usable && view !== "maint" && !(before.unchecked && online);
  if (!failed) return { memory: { ...memory, betterRounds: 0 }, failed, dead };
  const failures = remembered + 1;
  return {
    failed,
    dead,
    memory: {
      ...memory,
      // An old latency must not win when it comes back.
      ewmaMs: null,
      betterRounds: 0,
      failures,
      failedAtMs: nowMs,
      heldUntilMs: Math.max(heldUntilMs, nowMs + holdDownMs(failures, holdDownS * 1000, maxHoldDownMs)),
    },
  };
}

function isUsable({ state, usable }: ServerMemory, view: HaproxyServerState | undefined): boolean {
  if (view === "maint" || view === "down") return false;
  if (state !== null) return state === "online";
  // Not measured yet: as before.
  return view === "up" || usable;
}

/** Weight of the newest latency: after a lasting change, five measurements have moved the average by 83 % of it. */
const alpha = 0.3;

/** Takes in observations, in their order; one of an unknown server is ignored. */
export function observe(
  memory: GroupMemory,
  observations: readonly Observation[],
  hysteresis: EgressGroupConfig["hysteresis"],
): { readonly servers: readonly ServerMemory[]; readonly events: readonly EgressEvent[] } {
  const servers = new Map(memory.servers.map((server) => [server.name, server]));
  const events: EgressEvent[] = [];
  for (const observation of observations) {
    const { server, state, cause } = observation;
    const before = servers.get(server);
    if (before === undefined) continue;
    if (before.state !== state) events.push({ kind: "state", server, from: before.state, to: state, cause });
    const preferred = memory.preferred === null ? undefined : servers.get(memory.preferred);
    servers.set(server, measured(before, observation, preferred, hysteresis));
  }
  return { servers: [...servers.values()], events };
}

function measured(
  before: ServerMemory,
  { state, latencyMs }: Observation,
  preferred: ServerMemory | undefined,
  hysteresis: EgressGroupConfig["hysteresis"],
): ServerMemory {
  const after = { ...before, state, ewmaMs: state === "online" ? averaged(before.ewmaMs, latencyMs) : null };
  return { ...after, betterRounds: beats(after, preferred, hysteresis) ? before.betterRounds + 1 : 0 };
}

function averaged(beforeMs: number | null, latencyMs: number | null): number | null {
  if (beforeMs === null || latencyMs === null) return latencyMs ?? beforeMs;
  return beforeMs + alpha * (latencyMs - beforeMs);
}
