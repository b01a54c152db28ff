import { spawn } from "node:child_process";
import { closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { Failure } from "./failure.ts";
import { fileFault } from "./fileErrors.ts";

export type Unlock = () => void;

interface Try {
  /** Any number of processes may hold a shared lock at once; an exclusive one has one holder. */
  readonly shared?: boolean;
  /** Seconds to wait for other holders. */
  readonly withinS: number;
}

interface Wait {
  readonly shared?: boolean;
  /** Seconds to wait silently; then `onWait` tells a person and the wait goes on. */
  readonly quietS: number;
  readonly onWait: () => void;
  /** Seconds to wait after that; left out: however long it takes. */
  readonly limitS?: number;
}

/** Takes a lock, and reports a wait; undefined where the lock is not free within the limit. @throws as `tryLock` */
export async function takeLock(path: string, wait: Wait): Promise<Unlock | undefined> {
  const { shared = false, quietS, onWait, limitS = Number.POSITIVE_INFINITY } = wait;
  const unlock = await tryLock(path, { shared, withinS: quietS });
  if (unlock !== undefined) return unlock;
  onWait();
  return tryLock(path, { shared, withinS: limitS });
}

/**
 * Takes a lock; undefined where others hold it for all of `withinS`. flock(1) locks the file as this process has it
 * open: the kernel frees it however this process ends, and what this process starts does not hold it.
 * @throws Failure where the file cannot be locked at all
 */
export async function tryLock(path: string, wanted: Try): Promise<Unlock | undefined> {
  for (;;) {
    const file = openLockFile(path);
    const close = () => closeSync(file);
    const locked = await flock(file, path, wanted).catch((error: unknown) => {
      close();
      throw error;
    });
    if (locked && isAt(path, file)) return close;
    close();
    if (!locked) return undefined;
  }
}

const { O_CREAT, O_NOFOLLOW, O_RDWR } = constants;

/** Its folder too: the last holder may have deleted both. */
function openLockFile(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0o600);
    // Any user who can open the file can lock it and block every command; files of older versions may be readable.
    fchmodSync(file, 0o600);
    return file;
  } catch (error) {
    const fault = fileFault(error, path);
    if (fault === undefined) throw error;
    throw new Failure(`${path} cannot be locked: ${fault.found}: ${fault.remedy}`);
  }
}

/** A lock on a deleted file guards nothing, because the next process makes a new file. */
function isAt(path: string, file: number): boolean {
  const [opened, found] = [fstatSync(file), statSync(path, { throwIfNoEntry: false })];
  return found?.ino === opened.ino && found.dev === opened.dev;
}

/** flock's exit status where another process holds the lock; none of its own statuses has this value. */
const conflict = 111;

function flock(file: number, path: string, { shared = false, withinS }: Try): Promise<boolean> {
  const limit = Number.isFinite(withinS) ? ["--timeout", String(withinS)] : [];
  const mode = shared ? "--shared" : "--exclusive";
  return new Promise((resolve, reject) => {
    const child = spawn("flock", [mode, ...limit, "--conflict-exit-code", String(conflict), "3"], {
      stdio: ["ignore", "inherit", "inherit", file],
    });
    child.on("error", ({ message }) =>
      reject(new Failure(`flock could not be run (${message}): install the package util-linux`)),
    );
    child.on("close", (status, signal) => {
      if (status === 0 || status === conflict) resolve(status === 0);
      else reject(new Failure(`${path} cannot be locked: flock ended with ${signal ?? status}`));
    });
  });
}
