import { spawn } from "node:child_process";
import { AgentError, exitStatuses } from "../errors.ts";

const waitS = 60;
const held = "HAPAIR_LOCK_HELD";

/**
 * Runs `work` while this host's lock is held. The program starts itself again under flock(1): the kernel gives
 * the lock back whenever the holder ends, however it ends. Resolves to the exit status.
 */
export async function underLock(lock: string, work: () => Promise<number>): Promise<number> {
  if (process.env[held] === lock) return work();
  const attempt = (limit: readonly string[]): Promise<number> =>
    again([...limit, "--conflict-exit-code", String(exitStatuses.locked), lock]);
  const first = await attempt(["--nonblock"]);
  if (first !== exitStatuses.locked) return first;
  process.stderr.write(`another apply runs on this host: waiting up to ${waitS} s for it to end\n`);
  const second = await attempt(["--wait", String(waitS)]);
  if (second !== exitStatuses.locked) return second;
  throw new AgentError(
    exitStatuses.locked,
    `another apply still runs after ${waitS} s: see it with "fuser -v ${lock}", then try again`,
  );

  function again(limit: readonly string[]): Promise<number> {
    return new Promise((resolve, reject) => {
      const child = spawn(
        "flock",
        [
          "--exclusive",
          "--no-fork",
          ...limit,
          process.execPath,
          ...process.execArgv,
          ...process.argv.slice(1),
        ],
        {
          stdio: "inherit",
          env: { ...process.env, [held]: lock },
        },
      );
      for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
        process.on(signal, () => child.kill(signal));
      child.on("error", reject);
      child.on("close", (code) => resolve(code ?? exitStatuses.needsHuman));
    });
  }
}
