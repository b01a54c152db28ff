import { AgentError, exitStatuses } from "../errors.ts";
import { tryLock } from "./tryLock.ts";

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
  throw new AgentError(
    exitStatuses.locked,
    `another apply still runs after ${waitS} s: see it with "fuser -v ${lock}", then try again`,
  );
}
