import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../base/failure.ts";
import { waitWhile } from "../base/waitFor.ts";

/**
 * Waits while there is a problem. @throws Failure with the last problem where it remains after `deadlineMs`, or the
 * signal's reason
 */
export async function waitUntil(
  problem: () => string | undefined | Promise<string | undefined>,
  deadlineMs: number,
  signal: AbortSignal,
  everyMs = 20,
): Promise<void> {
  const last = await waitWhile(deadlineMs, problem, { everyMs, signal });
  if (last !== undefined) throw new Failure(`${last}, still after ${deadlineMs / 1000} s`);
}

/** Resolves after so long. @throws the signal's reason */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** Now in ms on CLOCK_MONOTONIC: one clock for every process of this host. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
