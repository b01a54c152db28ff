import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as z from "zod";
import { Failure } from "../../../base/failure.ts";
import { labSpec } from "../../../components/machines/lab/labSpec.ts";
import { StackConfig } from "../../../topology/schema/stack.ts";
import { hostsOf, type Topology } from "../../../topology/topology.ts";
import { plainConfig, stackFile } from "../../config/stackConfig.ts";
import { stackResources } from "../../engine/stackState.ts";
import { checkHost, type LabState, labState, resumeLab, retainMachines } from "./lab.ts";

/**
 * Brings the lab back to what the stack's state says of it: after a reboot or a kill, machines start with their
 * disks; machines that the config has no more are removed. @returns URNs of what the state knows and the lab has lost, to be made anew.
 * @throws Failure where there is no lab yet and this machine cannot carry one
 */
export async function reviveLab(stack: Stack, topology: Topology, before: LabState): Promise<string[]> {
  const { name: lab } = topology.lab;
  const hosts = hostsOf(topology).map(({ name }) => name);
  // The engine removes what the config has no more at its end: too late for whoever gets its address or port.
  if ([...before.machines].some((machine) => !hosts.includes(machine))) await retainMachines(lab, hosts);
  if (before.up && hosts.every((host) => before.running.has(host))) return [];

  if (before.known) await resumeLab(lab);
  else await checkHost(lab, loopbackPorts(topology));
  const made = await stackResources(stack);
  const { disks } = await labState(lab);
  const lost = [...(before.known ? [] : ["network"]), ...hosts.filter((host) => !disks.has(host))];
  const commands = lost.map((part) => `${lab}-${part}`);
  return made
    .filter(({ type, name }) => type === "command:local:Command" && commands.includes(name))
    .map(({ urn }) => urn);
}

function loopbackPorts(topology: Topology): number[] {
  const { network, machines } = labSpec(topology, []);
  return [...network.forwards.map(({ port }) => port), ...machines.map(({ sshPort }) => sshPort)];
}

/**
 * Names of the labs that a stack has made: those of its state, because its config may have changed since. Where the
 * state knows of none, the one that the config names: a killed `up` may have begun it.
 * @throws Failure where only the config could say it and cannot
 */
export async function labsOf(stack: Pick<Stack, "name" | "exportStack">): Promise<readonly string[]> {
  const made = (await stackResources(stack)).filter(({ type }) => type === "hapair:index:LabMachines");
  if (made.length > 0) return made.map(({ name }) => name);
  const file = stackFile(stack.name);
  const { data, error } = StackConfig.shape.lab.safeParse(plainConfig(file).lab);
  if (error) throw new Failure(`${file}: lab: ${z.prettifyError(error)}`);
  return [data.name];
}
