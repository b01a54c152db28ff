import type { EgressServerConfig } from "../../../contract/egressConfig.ts";
import { beats, marginOver } from "../election/choose.ts";
import type { GroupState } from "../groupLoop.ts";
import type { ServerMemory } from "../memory.ts";
import { inWords } from "./reporter.ts";

/** Whether a server is preferred, and why or why not, in one clause; `nowMs` is of the epoch. */
export function choiceWords(group: GroupState, config: EgressServerConfig, nowMs: number): string {
  const { memory, switches } = group;
  const server = memory.servers.find(({ name }) => name === config.name);
  if (server === undefined) return "";
  if (server.name === memory.preferred) {
    const last = switches.find(({ to }) => to === server.name);
    return last === undefined ? "yes" : `yes: ${inWords(last.why)}`;
  }
  if (group.haproxy?.[server.name] === "maint") return "no: in maintenance";
  if (!server.usable) return unusable(group, server);
  return config.lastResort ? "no: last resort" : waiting(group, server, nowMs);
}

function unusable({ haproxy, observations }: GroupState, { name, state }: ServerMemory): string {
  if (state === "offline") return "no: it cannot be reached";
  if (state === "degraded")
    return observations.get(name)?.cause === "not-warp"
      ? "no: its exit is not WARP"
      : "no: it carries no traffic";
  return haproxy?.[name] === "down" ? "no: haproxy's checks of it fail" : "not yet: not measured";
}

/** Of a server that works and is not a last resort. */
function waiting({ config, memory, held }: GroupState, server: ServerMemory, nowMs: number): string {
  const { hysteresis } = config;
  const failed = `no: failed${server.failures > 1 ? ` ${server.failures} times` : ""}, held down until`;
  if (server.heldUntilMs > nowMs) return `${failed} ${clock(server.heldUntilMs)}`;
  const why = held.find((one) => one.server === server.name)?.why;
  if (why === "flaps") return `${failed} ${clock(server.failedAtMs + hysteresis.maxHoldDownS * 1000)}`;
  if (why === "dwell") {
    const leftMs = memory.sinceMs + hysteresis.dwellS * 1000 - nowMs;
    return `not yet: the current one stays ${Math.max(1, Math.ceil(leftMs / 1000))} s`;
  }
  const preferred = memory.servers.find(({ name }) => name === memory.preferred);
  if (server.ewmaMs === null || preferred === undefined || preferred.ewmaMs === null)
    return "not yet: not measured";
  if (beats(server, preferred, hysteresis))
    return `not yet: better in ${server.betterRounds} of ${hysteresis.rounds} measurements`;
  const margin = Math.round(marginOver(preferred.ewmaMs, hysteresis));
  return `no: ${Math.round(server.ewmaMs)} ms is not ${margin > 0 ? `${margin} ms ` : ""}better`;
}

function clock(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(11, 19)} UTC`;
}
