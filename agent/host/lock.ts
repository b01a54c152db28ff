import { Failure } from "../../base/failure.ts";
import { takeLock } from "../../base/lock.ts";
import { exitStatuses } from "../errors.ts";

/** `status` holds the lock for a moment, to see whether anybody else does. */
const quietS = 0.5;

/** Runs `work` while this host's lock is held; waits up to `waitS` seconds for it. */
export async function underLock<Result>(
  lock: string,
  work: () => Promise<Result>,
  waitS = 60,
): Promise<Result> {
  const onWait = () =>
    process.stderr.write(`another apply runs on this host: waiting up to ${waitS} s for it to end\n`);
  const unlock = await takeLock(lock, { quietS, onWait, limitS: waitS });
  if (unlock === undefined)
    throw new Failure(
      `another apply still runs after ${waitS} s: see it with "fuser -v ${lock}", then try again`,
      exitStatuses.locked,
    );
  try {
    return await work();
  } finally {
    unlock();
  }
}
