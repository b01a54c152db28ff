import { join } from "node:path";
import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { shellWord } from "../../../base/commands.ts";
import { vagrantFolder } from "../../../base/vagrantFiles.ts";
import { stackVariable, startVariable, tokenVariable } from "../../../contract/vagrantMachines.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import { chosenBridge, isElsewhere, startOf, tokenOf } from "./thisMachine.ts";
import { vagrantSpec } from "./vagrantSpec.ts";

/**
 * A command for each machine, by host, one after another: the pool before the nodes, the first node last. Each prints a
 * `VagrantLogin` (contract).
 * @param running names of the machines that run; absent: whatever has been made runs
 */
export function machineCommands(
  target: Target<"vagrant">,
  topology: Topology,
  { parent, running }: { readonly parent?: pulumi.Resource; readonly running?: ReadonlySet<string> } = {},
): ReadonlyMap<string, local.Command> {
  const { machines, ...common } = vagrantSpec(target, topology);
  const stack = pulumi.getStack();
  const bridge = chosenBridge(stack) ?? target.bridge;
  const commands = new Map<string, local.Command>();
  for (const machine of machines.toReversed()) {
    const { name } = machine;
    const args = {
      ...verbs(name),
      // What is changed here runs `up` again, which leaves a machine that is there with its disk. So only the machine's
      // own part of the settings is here.
      environment: {
        [stackVariable]: stack,
        [tokenVariable]: tokenOf(name, common.provider),
        [startVariable]: startOf(name, common.provider, running?.has(name) ?? true),
        HAPAIR_MACHINE: JSON.stringify({ ...common, bridge, ...machine }),
      },
      addPreviousOutputInEnv: false,
    };
    const command = new local.Command(`${name}-machine`, args, {
      ...(parent && { parent }),
      dependsOn: [...commands.values()],
      // Vagrant's key of the machine is in it.
      additionalSecretOutputs: ["stdout"],
      ...(isElsewhere() && { ignoreChanges: ["environment"] }),
    });
    commands.set(name, command);
  }
  return commands;
}

function verbs(machine: string): local.CommandArgs {
  const run = [process.execPath, join(vagrantFolder, "main.ts")].map(shellWord).join(" ");
  return {
    create: `${run} up ${machine}`,
    delete: `${run} down ${machine}`,
    logging: "stderr",
  };
}
