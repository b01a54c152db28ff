import type { TargetKind } from "../../topology/schema/targets.ts";
import type { Target, Topology } from "../../topology/topology.ts";
import type { Ec2Transform } from "./ec2/kinds.ts";
import { hostsTarget } from "./hosts/hosts.ts";
import { labTarget } from "./lab/lab.ts";
import type { TargetMachines } from "./machine.ts";

/** By target: changes of its resources before they are made. */
export interface Transforms {
  readonly ec2?: Ec2Transform;
}

/** How each target makes its machines. */
const targets: {
  readonly [Kind in TargetKind]: (
    target: Target<Kind>,
    topology: Topology,
    transforms: Transforms,
  ) => TargetMachines | Promise<TargetMachines>;
} = {
  lab: labTarget,
  hosts: hostsTarget,
  // Loaded on this target alone: AWS's SDK of Pulumi takes time and memory.
  ec2: async (target, topology, { ec2 }) => (await import("./ec2/ec2.ts")).ec2Target(target, topology, ec2),
};

/** Makes the machines of a topology on its target. */
export async function machinesOf(topology: Topology, transforms: Transforms = {}): Promise<TargetMachines> {
  return madeOn(topology.target, topology, transforms);
}

function madeOn<Kind extends TargetKind>(target: Target<Kind>, topology: Topology, transforms: Transforms) {
  return targets[target.kind](target, topology, transforms);
}
