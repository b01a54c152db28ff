import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as z from "zod";
import { Failure } from "../../../base/failure.ts";
import { labSpec, loopbackPorts } from "../../../components/machines/lab/labSpec.ts";
import { foreignLab } from "../../../lab/owner.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { targetSections } from "../../../topology/schema/targets.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import { plainConfig } from "../../config/stackConfig.ts";
import { engineFailure } from "../../engine/passphrase.ts";
import { stackResources } from "../../engine/stackState.ts";
import type { MadeStack, StackTarget } from "../target.ts";
import { examineLab } from "./examine.ts";
import { checkHost, type LabState, labState, removeLab, resumeLab, retainMachines } from "./lab.ts";

/**
 * A stack's lab. Before the engine runs, machines that a reboot or a kill stopped start with their disks, and those that
 * the config no longer has are removed. What the lab has lost, the engine makes again.
 */
export const lab: StackTarget<"lab"> = {
  prepare: async (target, topology) => {
    const before = await labState(target.name);
    if (before.otherClone !== undefined) throw foreignLab(target.name, before.otherClone);
    return { revive: (stack) => revive(stack, target, topology, before) };
  },
  examine: examineLab,
  remove: async (stack) => {
    for (const name of labsOf(stack)) {
      const { otherClone } = await labState(name);
      if (otherClone !== undefined) {
        console.error(`${stack.name}: the lab ${name} belongs to the clone ${otherClone} and stays`);
        continue;
      }
      console.error(`${stack.name}: removing the lab ${name}, its machines with their disks`);
      await removeLab(name);
    }
  },
};

/** The lab of a topology, for what needs one. @throws Failure where its machines come from elsewhere */
export function labOf({ target }: Topology, purpose: string): Target<"lab"> {
  const { kind } = target;
  if (kind === "lab") return target;
  throw new Failure(`${purpose} needs a lab, and the target of this stack is ${kind}`);
}

/**
 * @returns URNs of what the state knows and the lab has lost
 * @throws Failure where there is no lab yet and this machine cannot carry one
 */
async function revive(
  stack: Stack,
  target: Target<"lab">,
  topology: Topology,
  before: LabState,
): Promise<readonly string[]> {
  const { name } = target;
  const hosts = hostsOf(topology).map((host) => host.name);
  // The engine removes what the config no longer has at its end: too late for a machine that takes its address or port.
  if ([...before.machines].some((machine) => !hosts.includes(machine))) await retainMachines(name, hosts);
  if (before.up && hosts.every((host) => before.running.has(host))) return [];

  if (before.known) await resumeLab(name);
  else await checkHost(name, loopbackPorts(labSpec(target, topology, [])));
  const made = await stackResources(stack).catch((error) => {
    throw engineFailure(error, stack);
  });
  const { disks } = await labState(name);
  const lost = [...(before.known ? [] : ["network"]), ...hosts.filter((host) => !disks.has(host))];
  const commands = lost.map((part) => `${name}-${part}`);
  return made
    .filter((resource) => resource.type === "command:local:Command" && commands.includes(resource.name))
    .map(({ urn }) => urn);
}

/**
 * Names of the labs that a stack has made: those of its state, because its config may have changed since. Where the
 * state knows of none, the one that the config of a stack with this target names: a killed `up` may have begun it. The
 * config of another target names the default lab, which is another stack's.
 * @throws Failure where the state knows of none and the config names none
 */
function labsOf({ resources, configFile }: MadeStack): readonly string[] {
  const made = resources.filter(({ type }) => type === "hapair:index:LabMachines");
  if (made.length > 0) return made.map(({ name }) => name);
  const file = configFile();
  return plainConfig(file).target === "lab" ? [labNameIn(file)] : [];
}

/** Name of the lab in a config file, of which nothing else has to be valid. @throws Failure */
export function labNameIn(file: string): string {
  const { data, error } = targetSections.lab.safeParse(plainConfig(file).lab);
  if (error) throw new Failure(`${file}: lab: ${z.prettifyError(error)}`);
  return data.name;
}
