import type { TargetKind } from "../../topology/schema/targets.ts";
import type { Target, Topology } from "../../topology/topology.ts";
import { hostsTarget } from "./hosts/hosts.ts";
import { labTarget } from "./lab/lab.ts";
import type { TargetMachines } from "./machine.ts";

/** How each target makes its machines. */
const targets: {
  readonly [Kind in TargetKind]: (target: Target<Kind>, topology: Topology) => TargetMachines;
} = {
  lab: labTarget,
  hosts: hostsTarget,
};

/** Makes the machines of a topology on its target. */
export function machinesOf(topology: Topology): TargetMachines {
  return madeOn(topology.target, topology);
}

function madeOn<Kind extends TargetKind>(target: Target<Kind>, topology: Topology): TargetMachines {
  return targets[target.kind](target, topology);
}
