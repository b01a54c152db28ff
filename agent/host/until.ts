import type { System } from "./system.ts";

/**
 * Asks again until `problem` has none left (undefined) or the deadline is over; resolves to the last problem.
 * Every try gets the milliseconds that are left.
 */
export async function until(
  host: System,
  deadlineMs: number,
  problem: (leftMs: number) => Promise<string | undefined>,
): Promise<string | undefined> {
  const endMs = host.monotonicMs() + deadlineMs;
  let waitMs = 25;
  for (;;) {
    const found = await problem(Math.max(endMs - host.monotonicMs(), 1));
    if (found === undefined || host.monotonicMs() + waitMs >= endMs) return found;
    await host.pause(waitMs);
    waitMs = Math.min(waitMs * 2, 500);
  }
}
