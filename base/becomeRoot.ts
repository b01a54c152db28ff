import { spawnSync } from "node:child_process";
import { Failure } from "./failure.ts";

/** Where this process is not root's: runs the same command with sudo and ends with its exit status. */
export function becomeRoot(): void {
  if (!isRoot()) process.exit(repeatAsRoot());
}

export const isRoot = (): boolean => process.getuid?.() === 0;

/** Whether a command of this user can run as root without a question. */
export const mayBecomeRoot = (): boolean =>
  isRoot() || spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0;

/**
 * Runs this process' command again as root, with this environment and `more`. HOME and caches are root's own: files
 * that root left in the user's would lock the user out.
 * @returns its exit status @throws Failure where sudo does not work
 */
export function repeatAsRoot(more: Readonly<Record<string, string>> = {}): number {
  if (!mayBecomeRoot())
    throw new Failure("Only root can make machines; run this as root, or let sudo work without a password.");
  // A terminal signals sudo's command as well; this process stays until that has ended in order.
  for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
  const argv = ["-n", "--preserve-env", "--set-home", process.execPath, ...process.argv.slice(1)];
  // npm sets its cache's path for every script.
  const { NODE_COMPILE_CACHE: _compiled, npm_config_cache: _packages, ...env } = process.env;
  return spawnSync("sudo", argv, { stdio: "inherit", env: { ...env, ...more } }).status ?? 1;
}
