import { exitStatus, Failure } from "../../base/failure.ts";
import { hostsOf } from "../../topology/hosts.ts";
import type { Topology } from "../../topology/topology.ts";

/** @returns `names` @throws Failure where one is not a host's, or none would be left */
export function namedHosts(topology: Topology, names: readonly string[]): readonly string[] {
  const known = hostsOf(topology).map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Failure(
      `--without ${unknown.join(" ")}: no such host: the stack has ${known.join(", ")}`,
      exitStatus.usage,
    );
  if (known.every((name) => names.includes(name)))
    throw new Failure("--without names every host: nothing would be left to roll out", exitStatus.usage);
  return names;
}
