import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Stack, Workspace } from "@pulumi/pulumi/automation/index.js";
import * as z from "zod";
import { waitFor } from "../../base/waitFor.ts";
import type { Home } from "../session/home.ts";

interface StackResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
}

/** The resources in a stack's state. */
export async function stackResources(stack: Pick<Stack, "exportStack">): Promise<readonly StackResource[]> {
  const { deployment } = await stack.exportStack();
  const resources: readonly Omit<StackResource, "name">[] = deployment?.resources ?? [];
  return resources.map(({ urn, type }) => ({ urn, type, name: urn.split("::").at(-1) ?? urn }));
}

/** Removes what is left of a stack whose machines are gone: its state with the engine's copies, and its clients' files. */
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

/** What the engine writes into the lock of a stack that it works on (pkg/backend/diy/lock.go). */
const EngineLock = z.looseObject({ pid: z.int() });

/**
 * True where a run that has ended left its lock on the stack. A running engine is waited for: that of a killed command
 * ends soon, and so does one that was started by hand.
 */
export async function leftLocked(home: Home, stackName: string): Promise<boolean> {
  const owners = lockOwners(home, stackName);
  if (!owners.some(isEngine)) return owners.length > 0;
  console.error(`an engine is still running on the stack ${stackName}: waiting for it to end`);
  await waitFor(
    Number.POSITIVE_INFINITY,
    () => (lockOwners(home, stackName).some(isEngine) ? undefined : true),
    { everyMs: 100 },
  );
  return lockOwners(home, stackName).length > 0;
}

/** Process ids in the stack's locks; undefined for a lock that cannot be read. */
function lockOwners({ state }: Home, stackName: string): (number | undefined)[] {
  const folder = join(state, ".pulumi/locks/organization/hapair", stackName);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).map((name) => {
    try {
      return EngineLock.parse(JSON.parse(readFileSync(join(folder, name), "utf8"))).pid;
    } catch {
      return undefined;
    }
  });
}

/** After a reboot another program may have that id. */
function isEngine(pid: number | undefined): boolean {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim() === "pulumi";
  } catch {
    return false;
  }
}
