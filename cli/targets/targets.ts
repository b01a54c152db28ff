import type { TargetKind } from "../../topology/schema/targets.ts";
import type { Target, Topology } from "../../topology/topology.ts";
import type { Finding } from "../doctor/finding.ts";
import type { StackResource } from "../engine/stackState.ts";
import type { Leave, MadeStack, PreparedTarget, StackTarget } from "./target.ts";

/** A stack's own target alone is loaded. */
const targets: { readonly [Kind in TargetKind]: () => Promise<StackTarget<Kind>> } = {
  lab: async () => (await import("./lab/target.ts")).lab,
  hosts: async () => (await import("./hosts/target.ts")).hosts,
  ec2: async () => (await import("./ec2/target.ts")).ec2,
  vagrant: async () => (await import("./vagrant/target.ts")).vagrant,
};

/** See {@link StackTarget.prepare}. */
export function prepareTarget(topology: Topology, leave: Leave): Promise<PreparedTarget> {
  return prepareOn(topology.target, topology, leave);
}

async function prepareOn<Kind extends TargetKind>(target: Target<Kind>, topology: Topology, leave: Leave) {
  return (await targets[target.kind]()).prepare(target, topology, leave);
}

/** See {@link StackTarget.examine}. */
export function examineTarget(
  topology: Topology,
  made: () => readonly StackResource[],
  stack: string,
): Promise<readonly Finding[]> {
  return examineOn(topology.target, topology, made, stack);
}

async function examineOn<Kind extends TargetKind>(
  target: Target<Kind>,
  topology: Topology,
  made: () => readonly StackResource[],
  stack: string,
) {
  return (await targets[target.kind]()).examine(target, topology, made, stack);
}

/** Removes a stack's machines of every target: its config may have named another one when it came up. */
export async function removeMachines(stack: MadeStack): Promise<void> {
  for (const load of Object.values(targets)) await (await load()).remove(stack);
}
