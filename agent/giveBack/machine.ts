import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../base/failure.ts";
import { readIfThere } from "../../base/files.ts";
import type { System } from "../host/system.ts";
import type { Before } from "../store/before.ts";
import { statsOf } from "../store/found.ts";

/** Runs a step; what it throws is a trouble, and the other steps go on. */
export type Attempt = (work: () => Promise<unknown>) => Promise<void>;

/** Kernel settings that differ from what they were; those that came only with a module have no earlier value. */
export async function restoreKernel(host: System, kernel: Before["kernel"], attempt: Attempt): Promise<void> {
  for (const [setting, value] of Object.entries(kernel)) {
    const path = join(host.root, "proc/sys", setting);
    if (value === null) continue;
    await attempt(async () => {
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

/** What only the removed users owned and stays belongs to root: their numbers will be given to others. */
const logs = "var/log/hapair";

/** Removes the users and groups that a bundle has made. */
export async function removeAccounts(
  host: System,
  { users, groups }: Before,
  attempt: Attempt,
): Promise<void> {
  const own = (entries: Readonly<Record<string, boolean>>, path: string): string[] => {
    const there = readFileSync(join(host.root, path), "utf8");
    return Object.keys(entries).filter(
      (name) => entries[name] === false && new RegExp(`^${name}:`, "m").test(there),
    );
  };
  const command = (program: string, ...args: readonly string[]) =>
    attempt(async () => {
      const { status, stderr } = await host.run(program, args);
      if (status !== 0) throw new Error(`${program} ${args.join(" ")}: ${stderr.trim()}`);
    });
  if (statsOf(join(host.root, logs))) await command("chown", "--recursive", "root:root", `/${logs}`);
  for (const name of own(users, "etc/passwd")) await command("userdel", name);
  // userdel removes a user's own group where login.defs says so.
  for (const name of own(groups, "etc/group")) await command("groupdel", name);
}
