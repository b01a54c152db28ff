import type { TargetKind } from "../../topology/schema/targets.ts";
import type { Target, Topology } from "../../topology/topology.ts";
import { lab } from "./lab/target.ts";
import type { MadeStack, PreparedTarget, StackTarget } from "./target.ts";

const targets: { readonly [Kind in TargetKind]: StackTarget<Kind> } = { lab };

/** See {@link StackTarget.prepare}. */
export function prepareTarget(topology: Topology): Promise<PreparedTarget> {
  return prepareOn(topology.target, topology);
}

function prepareOn<Kind extends TargetKind>(target: Target<Kind>, topology: Topology) {
  return targets[target.kind].prepare(target, topology);
}

/** Removes a stack's machines of every target: its config may have named another one when it came up. */
export async function removeMachines(stack: MadeStack): Promise<void> {
  for (const target of Object.values(targets)) await target.remove(stack);
}
