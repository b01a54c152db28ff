import type { GroupState } from "./groupLoop.ts";

/** Whether something of the group carries traffic, as the last election saw it. */
export function isUsable({ memory }: GroupState): boolean {
  return memory.servers.some(({ usable }) => usable);
}

/**
 * The essential groups of which nothing is usable. One that was not measured whole since the loop began is not among
 * them: a loop that has just started knows too little to move the virtual address.
 */
export function deadGroups(groups: readonly GroupState[]): readonly string[] {
  return groups
    .filter(
      (group) =>
        group.config.essential && !isUsable(group) && group.observations.size === group.config.servers.length,
    )
    .map(({ config }) => config.name);
}
