import type { TargetKind } from "../../topology/schema/targets.ts";
import type { Target, Topology } from "../../topology/topology.ts";
import type { Finding } from "../doctor/finding.ts";
import type { StackResource } from "../engine/stackState.ts";
import { ec2 } from "./ec2/target.ts";
import { hosts } from "./hosts/target.ts";
import { lab } from "./lab/target.ts";
import type { Leave, MadeStack, PreparedTarget, StackTarget } from "./target.ts";

const targets: { readonly [Kind in TargetKind]: StackTarget<Kind> } = { lab, hosts, ec2 };

/** See {@link StackTarget.prepare}. */
export function prepareTarget(topology: Topology, leave: Leave): Promise<PreparedTarget> {
  return prepareOn(topology.target, topology, leave);
}

function prepareOn<Kind extends TargetKind>(target: Target<Kind>, topology: Topology, leave: Leave) {
  return targets[target.kind].prepare(target, topology, leave);
}

/** See {@link StackTarget.examine}. */
export function examineTarget(
  topology: Topology,
  made: () => readonly StackResource[],
): Promise<readonly Finding[]> {
  return examineOn(topology.target, topology, made);
}

function examineOn<Kind extends TargetKind>(
  target: Target<Kind>,
  topology: Topology,
  made: () => readonly StackResource[],
) {
  return targets[target.kind].examine(target, topology, made);
}

/** Removes a stack's machines of every target: its config may have named another one when it came up. */
export async function removeMachines(stack: MadeStack): Promise<void> {
  for (const target of Object.values(targets)) await target.remove(stack);
}
