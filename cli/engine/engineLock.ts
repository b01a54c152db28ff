import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { waitFor } from "../../base/waitFor.ts";
import type { Home } from "../session/home.ts";

/** What the engine writes into the lock of a stack that it works on (pkg/backend/diy/lock.go). */
const EngineLock = z.looseObject({ pid: z.int() });

/**
 * Whether a run that is no more has left its lock on the stack. An engine that lives is waited for: that of a killed
 * command ends by itself, soon, and so does one that somebody runs by hand.
 */
export async function leftLocked(home: Home, stackName: string): Promise<boolean> {
  const owners = lockOwners(home, stackName);
  if (!owners.some(isEngine)) return owners.length > 0;
  console.error(`an engine is still at work on the stack ${stackName}: waiting for it to end`);
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
