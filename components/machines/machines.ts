import type { TargetKind } from "../../topology/schema/targets.ts";
import type { Target, Topology } from "../../topology/topology.ts";
import type { Ec2Transform } from "./ec2/kinds.ts";
import type { TargetMachines } from "./machine.ts";

/** By target: changes of its resources before they are made. */
export interface Transforms {
  readonly ec2?: Ec2Transform;
}

/** How each target makes its machines. A stack's own target alone is loaded: AWS's SDK of Pulumi takes time and memory. */
const targets: {
  readonly [Kind in TargetKind]: (
    target: Target<Kind>,
    topology: Topology,
    transforms: Transforms,
  ) => Promise<TargetMachines>;
} = {
  lab: async (target, topology) => (await import("./lab/lab.ts")).labTarget(target, topology),
  hosts: async (target, topology) => (await import("./hosts/hosts.ts")).hostsTarget(target, topology),
  ec2: async (target, topology, { ec2 }) => (await import("./ec2/ec2.ts")).ec2Target(target, topology, ec2),
  vagrant: async (target, topology) => (await import("./vagrant/vagrant.ts")).vagrantTarget(target, topology),
};

/** Makes the machines of a topology on its target. */
export async function machinesOf(topology: Topology, transforms: Transforms = {}): Promise<TargetMachines> {
  return madeOn(topology.target, topology, transforms);
}

function madeOn<Kind extends TargetKind>(target: Target<Kind>, topology: Topology, transforms: Transforms) {
  return targets[target.kind](target, topology, transforms);
}
