import type { EgressGroupConfig } from "../../../contract/egressConfig.ts";
import type { GroupMemory, ServerMemory } from "../memory.ts";
import { type Candidate, type Choice, choose, heldBack } from "./choose.ts";
import { observe, standing } from "./standing.ts";
import type { EgressEvent, ElectionInput, Verdict } from "./verdict.ts";

/**
 * One round of a group's election: takes in new observations, finds which servers carry traffic and which failed, and
 * decides which one to prefer. Pure; the memory has to come from `emptyMemory` or `adopt` of this group.
 */
export function elect(group: EgressGroupConfig, memory: GroupMemory, input: ElectionInput): Verdict {
  const { hysteresis } = group;
  const { nowMs } = input;
  const observed = observe(memory, input.observations, hysteresis);
  const views = observed.servers.map(({ name }) => input.haproxy?.[name]);
  const allDown = views.includes("down") && !views.includes("up");
  const standings = observed.servers.map((server, index) =>
    standing(server, { view: views[index], allDown, nowMs }, hysteresis),
  );
  const failed = standings.filter((one) => one.failed).map((one) => one.memory);
  const lastResorts = new Set(group.servers.filter(({ lastResort }) => lastResort).map(({ name }) => name));
  const candidates = standings.map(
    (one): Candidate => ({
      memory: one.memory,
      view: input.haproxy?.[one.memory.name],
      lastResort: lastResorts.has(one.memory.name),
      held: one.memory.heldUntilMs > nowMs,
    }),
  );
  // A clock that was set back restarts the dwell.
  const sinceMs = Math.min(memory.sinceMs, nowMs);
  const choice = choose(
    candidates,
    {
      name: memory.preferred,
      wasUsable: memory.servers.some(({ name, usable }) => name === memory.preferred && usable),
      dwellIsOver: nowMs - sinceMs >= hysteresis.dwellS * 1000,
    },
    hysteresis,
  );
  const settled =
    choice === undefined
      ? candidates
      : candidates.map((one) => ({ ...one, memory: { ...one.memory, betterRounds: 0 } }));
  const name = choice?.to.memory.name ?? memory.preferred;
  const preferred = settled.find((one) => one.memory.name === name);
  return {
    memory: {
      preferred: preferred?.memory.name ?? null,
      sinceMs: choice === undefined ? sinceMs : nowMs,
      servers: settled.map((one) => one.memory),
    },
    events: [...observed.events, ...flaps(failed, nowMs), ...switched(memory.preferred, choice)],
    dead: standings.filter((one) => one.dead).map((one) => one.memory.name),
    held: heldBack(settled, preferred, hysteresis),
  };
}

function flaps(failed: readonly ServerMemory[], nowMs: number): EgressEvent[] {
  return failed
    .filter(({ failures }) => failures > 1)
    .map(({ name, failures, heldUntilMs }) => ({
      kind: "flap",
      server: name,
      failures,
      holdDownMs: heldUntilMs - nowMs,
    }));
}

function switched(from: string | null, choice: Choice | undefined): EgressEvent[] {
  return choice === undefined ? [] : [{ kind: "switch", from, to: choice.to.memory.name, why: choice.why }];
}
