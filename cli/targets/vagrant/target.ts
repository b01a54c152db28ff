import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure } from "../../../base/failure.ts";
import { machineData, machinesFile } from "../../../base/vagrantFiles.ts";
import { waitFor } from "../../../base/waitFor.ts";
import {
  startFile,
  type VagrantMachine,
  type VagrantMachines,
  type VagrantProvider,
} from "../../../contract/vagrantMachines.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import { type KnownMachine, knownMachines } from "../../../vagrant/known.ts";
import { bootedSettings, lackOf, wantedSettings } from "../../../vagrant/machine/booted.ts";
import { leftoverSentence } from "../../../vagrant/machine/down.ts";
import { acceptsLogins } from "../../../vagrant/machine/reach.ts";
import { storedMachines } from "../../../vagrant/machinesFile.ts";
import { machineStates, type States } from "../../../vagrant/status.ts";
import { showVagrant } from "../../../vagrant/vagrantCommand.ts";
import type { InstanceChange } from "../../engine/instanceChange.ts";
import { nodesHeldBack } from "../heldBack.ts";
import type { Leave, MadeStack, StackTarget } from "../target.ts";
import { checkLaptop, removeLaptop } from "./laptop.ts";
import { writeMachines } from "./machinesFile.ts";

/**
 * Virtual machines of Vagrant, which the engine has made by Vagrant. Before it runs, machines that were halted start, and
 * of nodes that get other settings by a boot the holder is left to a second run.
 */
export const vagrant: StackTarget<"vagrant"> = {
  prepare: async (target, topology, leave) => ({
    revive: (stack) => revive(stack, target, topology, leave),
    heldBack: async (stack) => {
      const changes = rebooted(storedMachines());
      refuseTwoAddresses(topology, changes);
      return nodesHeldBack(stack, topology, leave.without, changes);
    },
  }),
  // No other command needs the doctor's code.
  examine: async (target, topology, _made, stack) =>
    (await import("./doctor/examine.ts")).examineVagrant(target, topology, stack),
  remove: async (stack) => {
    await remove(stack);
    await removeLaptop(stack);
  },
};

/**
 * Starts the machines that Vagrant has and that do not run, and halts those that the config does not have any more: at its
 * end, the engine would do it too late for a node that its peers do not know, or an address that is another's now. Their
 * disks stay, since only a person knows whether a name in the config is a slip. Those that Vagrant does not have any more, the engine's program makes again: it looks for them in Vagrant's own files.
 * @throws Failure with everything that keeps machines from being made
 */
async function revive(
  stack: Stack,
  target: Target<"vagrant">,
  topology: Topology,
  { without }: Leave,
): Promise<readonly string[]> {
  await checkLaptop(stack.name, topology);
  const { machines, provider } = await writeMachines(stack.name, target, topology);
  const made = knownMachines().map(({ name }) => name);
  if (made.length === 0) return [];
  // Also lets Vagrant forget machines that were removed behind its back.
  const states = await machineStates();
  const known = made.filter((name) => states[name] !== "not_created");
  const names = machines.map(({ name }) => name).filter((name) => !without.includes(name));
  for (const name of known) {
    if (without.includes(name) || machines.some((machine) => machine.name === name)) continue;
    if (states[name] === "running") await showVagrant("halt", name);
    console.error(`${stack.name}: ${leftoverSentence(name)}`);
  }
  for (const name of halted(names, states)) {
    console.error(`${stack.name}: starting the virtual machine ${name}`);
    await showVagrant("up", name);
  }
  await Promise.all(
    machines
      .filter(({ name }) => names.includes(name) && known.includes(name))
      .map((machine) => doubtSilent(stack.name, provider, machine)),
  );
  return [];
}

/** A machine that runs answers within this. */
const answerMs = 10_000;

/**
 * Has the engine run a machine's command again where SSH at its address does not answer. Its firewall may be that of an
 * earlier address: what lets SSH in until the next bundle does not outlast a boot.
 */
async function doubtSilent(
  stack: string,
  provider: VagrantProvider,
  { name, address }: VagrantMachine,
): Promise<void> {
  const answers = await waitFor(answerMs, async () => (await acceptsLogins(address)) || undefined, {
    everyMs: 1000,
  });
  if (answers) return;
  console.error(`${stack}: ${name} does not answer at ${address}: looking after it`);
  rmSync(join(machineData(name, provider), startFile), { force: true });
}

/** Machines that are there and do not run. Pure. */
export function halted(names: readonly string[], states: States): readonly string[] {
  return names.filter((name) => !["running", "not_created", undefined].includes(states[name]));
}

/** What the next run of the engine does to machines that Vagrant has: each that gets other settings is booted again. */
function rebooted(spec: VagrantMachines | undefined): readonly InstanceChange[] {
  if (spec === undefined) return [];
  const known = knownMachines().map(({ name }) => name);
  return spec.machines.flatMap((machine): InstanceChange[] => {
    const host = machine.name;
    if (!known.includes(host)) return [{ host, change: "made" }];
    const booted = bootedSettings(host, spec.provider);
    // Of one of which nobody knows them the engine's run may know better.
    const lack = booted && lackOf(spec.provider, booted, wantedSettings(spec, machine));
    if (lack?.by !== "boot") return [];
    // A bundle for its new address cannot come before that.
    return [{ host, change: booted?.address === machine.address ? "restarted" : "replaced" }];
  });
}

/** @throws Failure where two nodes of a pair get other addresses at once: the holder would not know the other one */
function refuseTwoAddresses({ pairs }: Topology, changes: readonly InstanceChange[]): void {
  for (const { nodes } of pairs) {
    const moved = changes.filter(
      ({ host, change }) => change === "replaced" && nodes.some(({ name }) => name === host),
    );
    if (moved.length > 1)
      throw new Failure(
        `${moved.map(({ host }) => host).join(" and ")} get other addresses at once, and a node serves at its new address only with peers that know it: set back all but one, run this, then change the next one`,
      );
  }
}

const suffix = "-machine";

/** Destroys those that the stack has made, also such that a plain `vagrant up` began. */
async function remove({ name, resources }: MadeStack): Promise<void> {
  const made = resources.flatMap((resource) =>
    resource.type === "command:local:Command" && resource.name.endsWith(suffix)
      ? [resource.name.slice(0, -suffix.length)]
      : [],
  );
  const owner = storedMachines()?.stack;
  const isOwn = owner === name;
  const own = knownMachines().filter(
    (machine) => isOwn || (owner === undefined && made.includes(machine.name)),
  );
  if (own.length > 0) await destroy(name, own);
  if (isOwn) rmSync(machinesFile, { force: true });
}

async function destroy(stack: string, machines: readonly KnownMachine[]): Promise<void> {
  const names = [...new Set(machines.map(({ name }) => name))];
  console.error(`${stack}: destroying the virtual machines ${names.join(", ")} with their disks`);
  await showVagrant("destroy", "--force", ...names);
}
