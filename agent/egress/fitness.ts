import type { Fitness } from "../daemon/part.ts";
import type { GroupState } from "./groupLoop.ts";

/**
 * Whether a server of the group carries traffic: in the last election, or by the agent's own measurement where haproxy,
 * which asks one target only, finds it dead.
 */
export function isUsable({ memory, haproxy }: GroupState): boolean {
  return memory.servers.some(
    ({ name, usable, state }) => usable || (state === "online" && haproxy?.[name] !== "maint"),
  );
}

/**
 * Dead is an essential group of which nothing is usable. One whose servers were not all measured since the loop began
 * does not count: a loop that has just started knows too little to move the virtual address.
 */
export function fitnessOf(groups: readonly GroupState[]): Fitness {
  const dead = groups.filter(
    (group) =>
      group.config.essential && !isUsable(group) && group.observations.size === group.config.servers.length,
  );
  return {
    dead: dead.map(({ config }) => config.name),
    measuredAtMs: Object.fromEntries(
      dead.flatMap(({ config, observations }) =>
        [...observations].map(([server, { atMs }]) => [`${config.name}/${server}`, atMs]),
      ),
    ),
  };
}
