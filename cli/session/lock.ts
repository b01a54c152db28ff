import { spawnSync } from "node:child_process";
import { openSync } from "node:fs";
import { Failure } from "../../base/failure.ts";
import { openHome } from "./home.ts";
import { quietS } from "./output.ts";

const taken = 111;

/**
 * Takes the folder's lock until this process ends: two commands at once wait for each other. flock(1) locks the file
 * as this process has it open, so that the kernel frees it however this process ends; what it starts does not have it.
 */
export function holdLock(): void {
  const file = openSync(openHome().lockFile, "a", 0o600);
  if (flock(file, `--wait=${quietS}`)) return;
  console.error("another command is at work on this stack: waiting for it to end");
  flock(file);
}

function flock(file: number, ...options: readonly string[]): boolean {
  const { status, signal, error } = spawnSync("flock", [...options, `--conflict-exit-code=${taken}`, "3"], {
    stdio: ["ignore", "inherit", "inherit", file],
  });
  if (error) throw new Failure(`flock could not be run (${error.message}): install the package util-linux`);
  if (signal) process.kill(process.pid, signal);
  if (status !== 0 && status !== taken)
    throw new Failure(`flock ended with ${signal ?? status}: the stack's folder cannot be locked`);
  return status === 0;
}
