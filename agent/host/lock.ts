import { spawn } from "node:child_process";
import { closeSync, constants, fchmodSync, openSync } from "node:fs";
import { Failure } from "../../base/failure.ts";
import { exitStatuses } from "../errors.ts";

/** So long it takes `status` to look whether anybody holds the lock. */
const momentS = 0.5;

/** Runs `work` while this host's lock is held; waits up to `waitS` seconds for it. */
export async function underLock<Result>(
  lock: string,
  work: () => Promise<Result>,
  waitS = 60,
): Promise<Result> {
  const giveBack = (await tryLock(lock, momentS)) ?? (await afterAnother(lock, waitS));
  try {
    return await work();
  } finally {
    giveBack();
  }
}

async function afterAnother(lock: string, waitS: number): Promise<() => void> {
  process.stderr.write(`another apply runs on this host: waiting up to ${waitS} s for it to end\n`);
  const giveBack = await tryLock(lock, waitS);
  if (giveBack !== undefined) return giveBack;
  throw new Failure(
    `another apply still runs after ${waitS} s: see it with "fuser -v ${lock}", then try again`,
    exitStatuses.locked,
  );
}

const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;

/**
 * Takes a lock within `waitS` seconds and resolves to what gives it back; undefined where somebody else holds it.
 * flock(1) locks the file as this program has it open, so the kernel gives the lock back whenever the program ends,
 * however it ends.
 */
export async function tryLock(path: string, waitS: number): Promise<(() => void) | undefined> {
  const file = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
  const close = (): void => closeSync(file);
  try {
    // Whoever can open it can lock it, and so keep every apply waiting.
    fchmodSync(file, 0o600);
    if (await flock(file, waitS)) return close;
  } catch (error) {
    close();
    throw error;
  }
  close();
  return undefined;
}

function flock(file: number, waitS: number): Promise<boolean> {
  const limit = ["--timeout", String(waitS), "--conflict-exit-code", String(exitStatuses.locked)];
  return new Promise((resolve, reject) => {
    const child = spawn("flock", ["--exclusive", ...limit, "3"], {
      stdio: ["ignore", "inherit", "inherit", file],
    });
    child.on("error", reject);
    child.on("close", (status) => {
      if (status === 0 || status === exitStatuses.locked) resolve(status === 0);
      else reject(new Failure(`flock ended with ${status}: the host cannot be locked`));
    });
  });
}
