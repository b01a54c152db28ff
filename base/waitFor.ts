import { setTimeout as delay } from "node:timers/promises";

/** Asks until the answer is not undefined; undefined where `deadlineMs` has passed. */
export async function waitFor<T>(
  deadlineMs: number,
  ask: () => T | undefined | Promise<T | undefined>,
  everyMs = 20,
): Promise<T | undefined> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() >= end) return undefined;
    await delay(everyMs);
  }
}
