import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { hostsOf, type Topology } from "../topology/topology.ts";
import { labState, resumeLab } from "./lab.ts";

/**
 * Brings the lab back to what the stack's state says of it: after a reboot or a kill, machines start with their
 * disks. @returns URNs of what the state knows and the lab has lost, to be made anew.
 */
export async function reviveLab(stack: Stack, topology: Topology): Promise<string[]> {
  const { name: lab } = topology.lab;
  const hosts = hostsOf(topology).map(({ name }) => name);
  const before = await labState(lab);
  if (before.up && hosts.every((host) => before.running.has(host))) return [];

  const made = await commandUrns(stack);
  if (made.size === 0) return [];
  if (before.known) await resumeLab(lab);
  const { running } = await labState(lab);
  const lost = [...(before.known ? [] : ["network"]), ...hosts.filter((host) => !running.has(host))];
  return lost.flatMap((part) => made.get(`${lab}-${part}`) ?? []);
}

/** URNs of the stack's local commands, by their names. */
async function commandUrns(stack: Stack): Promise<Map<string, string>> {
  const { deployment } = await stack.exportStack();
  const resources: readonly { readonly urn: string; readonly type: string }[] = deployment?.resources ?? [];
  return new Map(
    resources
      .filter(({ type }) => type === "command:local:Command")
      .map(({ urn }) => [urn.split("::").at(-1) ?? urn, urn]),
  );
}
