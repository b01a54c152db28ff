import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Stack, Workspace } from "@pulumi/pulumi/automation/index.js";
import type { Home } from "../session/home.ts";

interface StackResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
}

/** All that a stack's state knows. */
export async function stackResources(stack: Pick<Stack, "exportStack">): Promise<readonly StackResource[]> {
  const { deployment } = await stack.exportStack();
  const resources: readonly Omit<StackResource, "name">[] = deployment?.resources ?? [];
  return resources.map(({ urn, type }) => ({ urn, type, name: urn.split("::").at(-1) ?? urn }));
}

/** Removes what is known of a stack whose lab is gone: its state, which the engine keeps copies of, and the clients' files. */
export async function removeStack(
  { state, clients }: Home,
  { name, workspace }: { readonly name: string; readonly workspace: Pick<Workspace, "removeStack"> },
): Promise<void> {
  await workspace.removeStack(name, { force: true });
  const kept = join(state, ".pulumi");
  for (const folder of ["backups", "history"])
    rmSync(join(kept, folder, "hapair", name), { recursive: true, force: true });
  for (const copy of ["json.bak", "json.bak.attrs", "json.attrs"])
    rmSync(join(kept, "stacks/hapair", `${name}.${copy}`), { force: true });
  rmSync(join(clients, name), { recursive: true, force: true });
}
