import { spawnSync } from "node:child_process";
import { LabError } from "./labError.ts";

/** As another user than root: runs the same command with sudo and ends with its exit status. */
export function becomeRoot(): void {
  if (process.getuid?.() === 0) return;
  if (spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status !== 0)
    throw new LabError("Only root can make machines; run this as root, or let sudo work without a password.");
  const argv = ["-n", process.execPath, ...process.argv.slice(1)];
  process.exit(spawnSync("sudo", argv, { stdio: "inherit" }).status ?? 1);
}
