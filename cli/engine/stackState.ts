import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import * as z from "zod";
import { readIfThere } from "../../base/files.ts";
import { waitFor } from "../../base/waitFor.ts";
import { placedFile } from "../config/stackConfig.ts";
import type { Home } from "../session/home.ts";

export interface StackResource {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  /** By which its provider knows it; components have none. */
  readonly id?: string | undefined;
}

/** The resources in a stack's state. */
export async function stackResources(stack: Pick<Stack, "exportStack">): Promise<readonly StackResource[]> {
  const { deployment } = await stack.exportStack();
  const resources: readonly Omit<StackResource, "name">[] = deployment?.resources ?? [];
  return resources.map(named);
}

/** Marks resources in the state by name, as `pulumi state taint` does: the next run of the engine replaces them. */
export async function replaceAtNextUp(stack: Stack, names: readonly string[]): Promise<void> {
  const state = await stack.exportStack();
  const found: readonly { readonly urn: string; readonly type: string }[] = state.deployment?.resources ?? [];
  const resources = found.map((one) => (names.includes(named(one).name) ? { ...one, taint: true } : one));
  await stack.importStack({ ...state, deployment: { ...state.deployment, resources } });
}

function named({ urn, type, id }: Omit<StackResource, "name">): StackResource {
  return { urn, type, name: urn.split("::").at(-1) ?? urn, id };
}

const Resource = z.looseObject({ urn: z.string(), type: z.string(), id: z.string().optional() });

/** The engine's file of a stack. Only the values of secrets are encrypted in it. */
const Checkpoint = z.looseObject({
  checkpoint: z.looseObject({
    latest: z.nullish(
      z.looseObject({
        resources: z.array(Resource).default([]),
        pending_operations: z.nullish(z.array(z.looseObject({ type: z.string(), resource: Resource }))),
        secrets_providers: z.nullish(
          z.looseObject({ state: z.nullish(z.looseObject({ salt: z.string().optional() })) }),
        ),
      }),
    ),
  }),
});

/** A stack as the local state has it. */
export interface StoredStack {
  readonly resources: readonly StackResource[];
  /** Those of AWS that a killed run was making: AWS may have them, and only their names are known. */
  readonly unknown: readonly StackResource[];
  /** With which its secrets are encrypted; undefined before its first run. */
  readonly salt: string | undefined;
}

/**
 * Reads a stack's state without the engine, and so without the passphrase; undefined for a stack without any. Nothing
 * is known of a state that cannot be read: the engine reports why.
 */
export function storedStack({ state }: Pick<Home, "state">, stackName: string): StoredStack | undefined {
  const file = join(state, ".pulumi/stacks/hapair", `${stackName}.json`);
  const text = readIfThere(file) ?? unzipped(`${file}.gz`);
  if (text === undefined) return undefined;
  const latest = Checkpoint.safeParse(jsonOf(text)).data?.checkpoint.latest;
  return {
    resources: (latest?.resources ?? []).map(named),
    unknown: (latest?.pending_operations ?? [])
      .filter(({ type, resource }) => type === "creating" && resource.type.startsWith("aws:"))
      .map(({ resource }) => named(resource)),
    salt: latest?.secrets_providers?.state?.salt,
  };
}

/** A state in the form that PULUMI_DIY_BACKEND_GZIP asks for. */
function unzipped(path: string): string | undefined {
  return existsSync(path) ? gunzipSync(readFileSync(path)).toString() : undefined;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Removes what is left of a stack whose machines are gone: its state with the engine's copies, its config in the
 * engine's project folder, and its clients' files. The engine would ask for the passphrase.
 */
export function removeStack({ state, work, clients }: Home, stackName: string): void {
  const kept = join(state, ".pulumi");
  const stacks = join(kept, "stacks/hapair");
  const copies = existsSync(stacks) ? readdirSync(stacks) : [];
  // NAME.json, its backup and their attributes, each also compressed.
  for (const copy of copies.filter((file) => file.startsWith(`${stackName}.json`)))
    rmSync(join(stacks, copy), { force: true });
  for (const folder of ["backups/hapair", "history/hapair", "locks/organization/hapair"])
    rmSync(join(kept, folder, stackName), { recursive: true, force: true });
  rmSync(placedFile(work, stackName), { force: true });
  rmSync(join(clients, stackName), { recursive: true, force: true });
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
