import { Failure } from "../base/failure.ts";
import { waitWhile } from "../base/waitFor.ts";

/**
 * Waits while something is amiss. @throws Failure with the last problem where it remains after `deadlineMs`, or the
 * signal's reason
 */
export async function waitUntil(
  amiss: () => string | undefined | Promise<string | undefined>,
  deadlineMs: number,
  signal: AbortSignal,
  everyMs = 20,
): Promise<void> {
  const problem = await waitWhile(deadlineMs, amiss, { everyMs, signal });
  if (problem !== undefined) throw new Failure(`${problem}, still after ${deadlineMs / 1000} s`);
}

/** Now in ms on CLOCK_MONOTONIC: one clock for every process of this host. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
