import type { Span } from "./holding.ts";

/** One attempt of a client: times in ms on the monotonic clock. */
export interface Probe {
  readonly startMs: number;
  readonly endMs: number;
  /** What went wrong (`ECONNREFUSED`, `timeout` …); absent where the client got its answer. */
  readonly failure?: string;
  /** Address of the proxy that carried it, where the answer says so. */
  readonly exit?: string;
}

/** When a client arrived, and the time until its first or a later attempt was answered, ms. */
interface Wait {
  readonly startMs: number;
  readonly waitMs: number;
}

/**
 * The outage in a series of probes, ms: the longest time that a client which keeps trying waits for an answer.
 *
 * Each probe stands for a client that arrives with it, and is served by the first answer to that probe or a later one.
 * Its wait is an outage unless the probe itself was answered within `promptMs`: that is latency. With a probe every
 * d ms, an outage of T ms is measured as T ± d, and as T on average. A late prober causes no outage, but a late answer
 * does. Where no further answer comes, the outage lasts until the last probe gave up.
 */
export function outageMs(probes: readonly Probe[], promptMs: number): number {
  return Math.max(0, ...waits(probes, promptMs).map(({ waitMs }) => waitMs));
}

/**
 * How many of the clients that arrive at `sinceMs` or later wait longer than `atOnceMs`, although they keep trying. A
 * packet to a node that is giving up the address is lost, and TCP sends it again only after a second; the next attempt
 * is a new connection, and does not wait for that.
 */
export function countLate(
  probes: readonly Probe[],
  { sinceMs, promptMs, atOnceMs }: { sinceMs: number; promptMs: number; atOnceMs: number },
): number {
  return waits(probes, promptMs).filter(({ startMs, waitMs }) => startMs >= sinceMs && waitMs > atOnceMs)
    .length;
}

/** The waits of the clients whose first attempt was not answered within `promptMs`. */
function waits(probes: readonly Probe[], promptMs: number): readonly Wait[] {
  const byStart = probes.toSorted((a, b) => a.startMs - b.startMs);
  let servedAt = Math.max(0, ...byStart.map(({ endMs }) => endMs));
  const found: Wait[] = [];
  for (const { startMs, endMs, failure } of byStart.toReversed()) {
    if (failure === undefined) {
      servedAt = Math.min(servedAt, endMs);
      if (endMs - startMs <= promptMs) continue;
    }
    found.push({ startMs, waitMs: servedAt - startMs });
  }
  return found;
}

/** The longest time until an attempt was answered, ms; attempts without an answer do not count. */
export function slowestAnswerMs(probes: readonly Probe[]): number {
  const answered = probes.filter(({ failure }) => failure === undefined);
  return Math.max(0, ...answered.map(({ startMs, endMs }) => endMs - startMs));
}

/**
 * The longest time within the span in which no attempt began, ms: a shorter outage may have gone unseen. This depends
 * on the prober alone, not on the pair.
 */
export function longestGapMs(probes: readonly Probe[], { fromMs, toMs }: Span): number {
  const starts = probes.map(({ startMs }) => startMs).filter((startMs) => startMs > fromMs && startMs < toMs);
  const moments = [fromMs, ...starts.toSorted((a, b) => a - b), toMs];
  return Math.max(...moments.map((moment, index) => moment - (moments[index - 1] ?? fromMs)));
}

/**
 * When new clients are served again after a repair: the end of the first attempt that began after it, was answered, and
 * after which no other fails for half a second; ms on the monotonic clock, or `Infinity`.
 */
export function servedAtMs(probes: readonly Probe[], repairedMs: number): number {
  const after = probes.filter(({ startMs }) => startMs >= repairedMs);
  const failed = after.filter(({ failure }) => failure !== undefined).map(({ startMs }) => startMs);
  const lasting = after.filter(
    ({ startMs, failure }) =>
      failure === undefined && !failed.some((atMs) => atMs > startMs && atMs <= startMs + unbrokenMs),
  );
  return Math.min(Number.POSITIVE_INFINITY, ...lasting.map(({ endMs }) => endMs));
}

/** Clients count as served after so long without a failure. */
const unbrokenMs = 500;

export interface Asked {
  /** The attempts that have ended. */
  readonly probes: readonly Probe[];
  readonly intervalMs: number;
  /** Attempts that began earlier do not count. */
  readonly sinceMs: number;
  readonly nowMs: number;
}

/**
 * What is wrong with the attempts that began in the last half second, as a sentence; undefined where clients are
 * served. The half second must lie after `sinceMs`. Half of the attempts that were due must have ended.
 */
export function unserved({ probes, intervalMs, sinceMs, nowMs }: Asked): string | undefined {
  const fromMs = nowMs - unbrokenMs;
  if (fromMs < sinceMs) return "it is too early";
  const latest = probes.filter(({ startMs }) => startMs >= fromMs);
  const failure = latest.find((probe) => probe.failure !== undefined)?.failure;
  if (failure !== undefined) return `clients are not served (${failure})`;
  if (latest.length * intervalMs < unbrokenMs / 2) return "clients get no answer";
  return undefined;
}
