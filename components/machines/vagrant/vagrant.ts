import { execFileSync } from "node:child_process";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Target, Topology } from "../../../topology/topology.ts";
import type { TargetMachines } from "../machine.ts";
import { isPrepared, runningMachines } from "./thisMachine.ts";
import { VagrantMachines } from "./VagrantMachines.ts";

/** Virtual machines on the user's own network: their addresses are used as they are. */
export function vagrantTarget(target: Target<"vagrant">, topology: Topology): TargetMachines {
  const stack = pulumi.getStack();
  const prepared = isPrepared();
  // A preview changes nothing. It needs neither Vagrant nor its machine.
  if (!prepared && !pulumi.runtime.isDryRun()) writeMachines(stack);
  const running = prepared ? undefined : runningMachines();
  const { machines } = new VagrantMachines("vagrant", { target, topology, ...(running && { running }) });
  return { machines, reach: {}, deliverHosts: () => ({ deliveries: [], outputs: {} }) };
}

const commands = join(import.meta.dirname, "../../../cli/main.ts");

/** @throws pulumi.RunError with what keeps the machines from being made */
function writeMachines(stack: string): void {
  try {
    execFileSync(process.execPath, [commands, "vagrant", stack], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    const { stderr } = Object(error);
    throw new pulumi.RunError(String(stderr ?? "").trim() || String(error));
  }
}
