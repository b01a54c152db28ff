import * as pulumi from "@pulumi/pulumi";
import { hostsOf } from "../../../topology/hosts.ts";
import { ConfigError } from "../../../topology/problem.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import type { TargetMachines } from "../machine.ts";
import { connectionsOf } from "./connections.ts";
import { ExistingHosts } from "./ExistingHosts.ts";

/** Machines that exist already: their addresses are used as they are. */
export function hostsTarget(target: Target<"hosts">, topology: Topology): TargetMachines {
  const connections = orRunError(() => connectionsOf(target, hostsOf(topology)));
  const { machines } = new ExistingHosts("hosts", { target, topology, connections });
  return { machines, reach: {}, deliverHosts: () => ({ deliveries: [], outputs: {} }) };
}

/** The engine prints a RunError without a stack trace. */
function orRunError<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) throw new pulumi.RunError(error.message);
    throw error;
  }
}
