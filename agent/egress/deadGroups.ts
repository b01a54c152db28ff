import type { GroupState } from "./groupLoop.ts";

/** Essential groups of which nothing is usable. */
export interface DeadGroups {
  readonly names: readonly string[];
  /** When each of their servers was last measured, epoch, by `group/server`. */
  readonly measuredAtMs: Readonly<Record<string, number>>;
}

/**
 * Whether something of the group carries traffic: as the last election saw it, or as the agent's own measurement says
 * where haproxy, which asks one target alone, does not.
 */
export function isUsable({ memory, haproxy }: GroupState): boolean {
  return memory.servers.some(
    ({ name, usable, state }) => usable || (state === "online" && haproxy?.[name] !== "maint"),
  );
}

/**
 * A group that was not measured whole since the loop began is not among them: a loop that has just started knows too
 * little to move the virtual address.
 */
export function deadGroups(groups: readonly GroupState[]): DeadGroups {
  const dead = groups.filter(
    (group) =>
      group.config.essential && !isUsable(group) && group.observations.size === group.config.servers.length,
  );
  return {
    names: dead.map(({ config }) => config.name),
    measuredAtMs: Object.fromEntries(
      dead.flatMap(({ config, observations }) =>
        [...observations].map(([server, { atMs }]) => [`${config.name}/${server}`, atMs]),
      ),
    ),
  };
}
