import { setTimeout as delay } from "node:timers/promises";
import { Failure } from "../base/failure.ts";

/**
 * Asks every `everyMs` until there is nothing left that is `amiss`. @throws Failure with the last sentence after
 * `deadlineMs`, or the signal's reason when it is aborted
 */
export async function waitUntil(
  amiss: () => string | undefined | Promise<string | undefined>,
  deadlineMs: number,
  signal: AbortSignal,
  everyMs = 20,
): Promise<void> {
  const end = nowMs() + deadlineMs;
  for (;;) {
    signal.throwIfAborted();
    const sentence = await amiss();
    if (sentence === undefined) return;
    if (nowMs() > end) throw new Failure(`${sentence}, still after ${deadlineMs / 1000} s`);
    await delay(everyMs);
  }
}

/** Now in ms on CLOCK_MONOTONIC: one clock for every process of this host. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
