import { setTimeout as delay } from "node:timers/promises";

/** A monotonic clock: setting the time of day neither ends a wait early nor prolongs it. */
interface Clock {
  monotonicMs(): number;
  pause(ms: number): Promise<unknown>;
}

const systemClock: Clock = { monotonicMs: () => performance.now(), pause: (ms) => delay(ms) };

interface Pace {
  /** Pause after the first attempt; default 20 ms. */
  readonly everyMs?: number;
  /** Each pause is twice as long as the previous one, up to this, ms; default: all are equal. */
  readonly slowestMs?: number;
  /** Its reason is thrown instead of the next attempt. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

/** Asks repeatedly until there is an answer; undefined where there is none within `deadlineMs`. */
export function waitFor<Answer>(
  deadlineMs: number,
  ask: () => Answer | undefined | Promise<Answer | undefined>,
  pace: Pace = {},
): Promise<Answer | undefined> {
  return poll(deadlineMs, ask, (answer) => answer !== undefined, pace);
}

/**
 * Asks repeatedly while there is a problem. Each call of `problem` gets the ms that are left.
 * @returns the last problem; undefined where it is gone within `deadlineMs`
 */
export function waitWhile(
  deadlineMs: number,
  problem: (leftMs: number) => string | undefined | Promise<string | undefined>,
  pace: Pace = {},
): Promise<string | undefined> {
  return poll(deadlineMs, problem, (found) => found === undefined, pace);
}

/** Resolves to the first answer that is final, or to the last one before the deadline. */
async function poll<Answer>(
  deadlineMs: number,
  ask: (leftMs: number) => Answer | Promise<Answer>,
  isFinal: (answer: Answer) => boolean,
  { everyMs = 20, slowestMs = everyMs, signal, clock = systemClock }: Pace,
): Promise<Answer> {
  const endMs = clock.monotonicMs() + deadlineMs;
  for (let pauseMs = everyMs; ; pauseMs = Math.min(pauseMs * 2, slowestMs)) {
    signal?.throwIfAborted();
    const answer = await ask(Math.max(endMs - clock.monotonicMs(), 1));
    if (isFinal(answer) || clock.monotonicMs() + pauseMs >= endMs) return answer;
    await clock.pause(pauseMs);
  }
}
