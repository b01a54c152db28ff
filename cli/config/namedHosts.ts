import { exitStatus, Failure } from "../../base/failure.ts";
import { hostsOf } from "../../topology/hosts.ts";
import type { Topology } from "../../topology/topology.ts";

/**
 * @param leaving names of hosts that the stack's state has and its config does not
 * @returns `names`
 * @throws Failure where one is not a host's, or none would be left
 */
export function namedHosts(
  topology: Topology,
  names: readonly string[],
  leaving: readonly string[] = [],
): readonly string[] {
  const known = hostsOf(topology).map(({ name }) => name);
  refuseUnknown(names, [...known, ...leaving]);
  if (known.every((name) => names.includes(name)))
    throw new Failure("--without names every host: nothing would be left to roll out", exitStatus.usage);
  return names;
}

/** @throws Failure that names what `known` does not have */
export function refuseUnknown(names: readonly string[], known: readonly string[]): void {
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const there = known.length > 0 ? `the stack has ${known.join(", ")}` : "the stack has none that can stay";
  throw new Failure(`--without ${unknown.join(" ")}: no such host: ${there}`, exitStatus.usage);
}
