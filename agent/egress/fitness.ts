import type { Fitness } from "../daemon/part.ts";
import type { GroupState } from "./groupLoop.ts";
import { type Cause, ownCauses } from "./observation.ts";

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
 * Whether the agent's measurements find nothing of an essential group usable. A group whose servers were not all measured
 * since the loop began does not count: a loop that has just started knows too little.
 */
function isMeasuredDead(group: GroupState): boolean {
  return (
    group.config.essential && !isUsable(group) && group.observations.size === group.config.servers.length
  );
}

/** Why the virtual address stays although the measurements find a group dead; undefined where nothing speaks against them. */
export function doubtOf(group: GroupState): string | undefined {
  return isMeasuredDead(group) ? doubtAbout(group) : undefined;
}

/**
 * What speaks against measurements that find a group dead. A wrong clock or a lost certificate store fails every
 * measurement of a healthy proxy, so haproxy has to agree, and the causes must not be this host's own.
 */
function doubtAbout({ config, haproxy, observations }: GroupState): string | undefined {
  if (haproxy === null) return "haproxy does not confirm it";
  const up = config.servers.find(({ name }) => haproxy[name] === "up");
  if (up) return `haproxy finds ${up.name} up`;
  const causes = [...observations.values()].flatMap(({ cause }) => cause ?? []);
  const isOwn = causes.length > 0 && causes.every((cause) => ownCauses.has(cause));
  return isOwn ? `the cause is this host's own (${[...new Set<Cause>(causes)].join(", ")})` : undefined;
}

/** Dead is an essential group that the measurements find dead beyond doubt. */
export function fitnessOf(groups: readonly GroupState[]): Fitness {
  const dead = groups.filter((group) => isMeasuredDead(group) && doubtAbout(group) === undefined);
  return {
    dead: dead.map(({ config }) => config.name),
    measuredAtMs: Object.fromEntries(
      dead.flatMap(({ config, observations }) =>
        [...observations].map(([server, { atMs }]) => [`${config.name}/${server}`, atMs]),
      ),
    ),
  };
}
