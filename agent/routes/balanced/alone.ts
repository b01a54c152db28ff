import { tryLock } from "../../../base/lock.ts";

/** Less than the daemon waits for an answer, with some left for the work. */
const otherRunS = 10;

/**
 * Does the work while no other process does it: a run of an older log, as one that has outlived its daemon, would put back what
 * this one changes. Rejects with an Error where another one takes too long.
 */
export async function alone(lockFile: string, work: () => Promise<void>, withinS = otherRunS): Promise<void> {
  const unlock = await tryLock(lockFile, { withinS });
  if (unlock === undefined)
    throw new Error(`another run has been changing haproxy's servers for ${withinS} s: it is tried again`);
  try {
    await work();
  } finally {
    unlock();
  }
}
