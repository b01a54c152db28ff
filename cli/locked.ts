import { spawnSync } from "node:child_process";
import { openHome } from "./home.ts";

const heldMark = "HAPAIR_LOCK_HELD";

/**
 * Runs the rest of this process under the folder's lock: two commands at once wait for each other. The kernel holds
 * the lock for `flock`, so that a killed command never leaves it held.
 */
export function holdLock(): void {
  const { lockFile } = openHome();
  if (process.env[heldMark] === lockFile) return;
  const again = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  const run = (...options: string[]) =>
    spawnSync("flock", ["--no-fork", "--conflict-exit-code=111", ...options, lockFile, ...again], {
      stdio: "inherit",
      env: { ...process.env, [heldMark]: lockFile },
    });
  let result = run("--nonblock");
  if (result.status === 111) {
    console.error("another command is at work on this stack: waiting for it to end");
    result = run();
  }
  if (result.error) throw result.error;
  process.exit(result.status ?? 1);
}
