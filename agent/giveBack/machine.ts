import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../base/failure.ts";
import { readIfThere } from "../../base/files.ts";
import { mustRun } from "../host/mustRun.ts";
import type { System } from "../host/system.ts";
import { accountIds } from "../store/accounts.ts";
import type { Before } from "../store/before.ts";
import { statsOf } from "../store/found.ts";
import type { Attempt } from "./restored.ts";

/** Kernel settings that differ from what they were; those that came only with a module have no earlier value. */
export async function restoreKernel(host: System, kernel: Before["kernel"], attempt: Attempt): Promise<void> {
  for (const [setting, value] of Object.entries(kernel)) {
    const path = join(host.root, "proc/sys", setting);
    if (value === null) continue;
    await attempt(() => {
      const now = readIfThere(path)?.trim();
      if (now === undefined || now === value) return;
      try {
        writeFileSync(path, value);
      } catch (error) {
        throw new Error(`/proc/sys/${setting} stays ${now}, it was ${value}: ${messageOf(error)}`);
      }
    });
    host.reached(`restored ${setting}`);
  }
}

/** Given to root before their owner is removed: its number will be another account's. */
const logs = "var/log/hapair";

/** Removes the users and groups that a bundle has made. */
export async function removeAccounts(
  host: System,
  { users, groups }: Before,
  attempt: Attempt,
): Promise<void> {
  const own = (entries: Readonly<Record<string, boolean>>, file: "passwd" | "group"): string[] => {
    const there = accountIds(host.root, file);
    return Object.keys(entries).filter((name) => entries[name] === false && there.has(name));
  };
  const command = (program: string, ...args: readonly string[]) =>
    attempt(() => mustRun(host, program, args));
  if (statsOf(join(host.root, logs))) await command("chown", "--recursive", "root:root", `/${logs}`);
  for (const name of own(users, "passwd")) await command("userdel", name);
  // userdel removes a user's own group where login.defs says so.
  for (const name of own(groups, "group")) await command("groupdel", name);
}
