import type { Stack } from "@pulumi/pulumi/automation/index.js";
import type { Topology } from "../topology/topology.ts";
import { machinesWithDisk, resumeLab } from "./lab.ts";

/**
 * Brings the lab back to what the stack's state says of it: after a reboot or a kill, machines start with their
 * disks. @returns URNs of what has no disk any more and must be made anew.
 */
export async function reviveLab(stack: Stack, { lab }: Topology): Promise<string[]> {
  const urns = await commandUrns(stack);
  const ours = [...urns].filter(
    ([name]) => name.startsWith(`${lab.name}-`) && name !== `${lab.name}-ssh-key`,
  );
  if (ours.length === 0) return [];
  if (!(await resumeLab(lab.name))) return ours.map(([, urn]) => urn);
  const present = await machinesWithDisk(lab.name);
  return ours
    .filter(([name]) => name !== `${lab.name}-network` && !present.has(name.slice(lab.name.length + 1)))
    .map(([, urn]) => urn);
}

/** The stack's local commands: name → URN. */
async function commandUrns(stack: Stack): Promise<Map<string, string>> {
  const { deployment } = await stack.exportStack();
  const resources: readonly { readonly urn: string; readonly type: string }[] = deployment?.resources ?? [];
  return new Map(
    resources
      .filter(({ type }) => type === "command:local:Command")
      .map(({ urn }) => [urn.split("::").at(-1) ?? urn, urn]),
  );
}
