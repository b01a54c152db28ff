import type { EgressGroupConfig } from "../../../topology/egressConfig.ts";
import type { GroupMemory, ServerMemory } from "../memory.ts";
import type { Observation } from "../observation.ts";
import { beats } from "./beats.ts";
import type { EgressEvent } from "./verdict.ts";

/** Weight of the newest latency: after a lasting change, five measurements have moved the average by 83 % of it. */
const alpha = 0.3;

/** Takes observations in, in their order; one of a server that the group does not have says nothing. */
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
