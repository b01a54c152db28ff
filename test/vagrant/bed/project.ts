import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, lstatSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { root } from "../../../cli/session/home.ts";

/**
 * Copies the project as a clone would have it, with what is not committed yet. Its npm packages are those of this
 * checkout, and this machine counts as set up.
 */
export function copyProject(folder: string): void {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { stdout } = spawnSync("git", list, { cwd: root, encoding: "utf8", maxBuffer: 64e6 });
  for (const name of stdout.split("\0").filter(Boolean)) {
    // What is deleted and not committed is listed too.
    if (!lstatSync(join(root, name), { throwIfNoEntry: false })) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(join(root, name), join(folder, name));
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const stamp = ".hapair/setup.json";
  mkdirSync(join(folder, ".hapair"), { mode: 0o700 });
  if (existsSync(join(root, stamp))) copyFileSync(join(root, stamp), join(folder, stamp));
}

/** Writes a stack's config: keys without their namespace. */
export function writeStack(folder: string, stack: string, config: Readonly<Record<string, unknown>>): void {
  const keys = Object.entries(config).map(([key, value]) => [`hapair:${key}`, value]);
  writeFileSync(join(folder, `stacks/Pulumi.${stack}.yaml`), stringify({ config: Object.fromEntries(keys) }));
}
