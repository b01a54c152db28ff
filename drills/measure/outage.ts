import type { Span } from "./holding.ts";

/** One attempt of a client: times in ms on the monotonic clock. */
export interface Probe {
  readonly startMs: number;
  readonly endMs: number;
  /** What went wrong (`ECONNREFUSED`, `timeout` …); absent where the client got its answer. */
  readonly failure?: string;
  /** Address of the proxy that carried it, where the answer tells. */
  readonly exit?: string;
}

/** A client that arrives with an attempt, and the time until it or a later attempt is answered, ms. */
interface Wait {
  readonly startMs: number;
  readonly waitMs: number;
}

/**
 * The outage in a row of probes, ms: the longest that a client which keeps trying has to wait for an answer.
 *
 * A client that arrives with a probe is served when the first answer arrives among that probe and all later ones.
 * Its wait is an outage unless its own first attempt was answered within `promptMs`: below that it is latency.
 * With probes every d ms a real outage of T ms reads as T ± d, T in the mean. A prober that runs late makes no
 * outage, and an answer that came late does: counting only the starts of good probes would miss it. Where no
 * answer follows any more the outage lasts until the last probe gave up.
 */
export function outageMs(probes: readonly Probe[], promptMs: number): number {
  return Math.max(0, ...waits(probes, promptMs).map(({ waitMs }) => waitMs));
}

/**
 * How many of the clients that arrive at `sinceMs` or later, and keep trying, wait for longer than `atOnceMs`. A
 * packet that is under way to a node while that gives the address up is lost, and TCP sends it again after a second:
 * whoever keeps trying does not wait for that.
 */
export function countLate(
  probes: readonly Probe[],
  { sinceMs, promptMs, atOnceMs }: { sinceMs: number; promptMs: number; atOnceMs: number },
): number {
  return waits(probes, promptMs).filter(({ startMs, waitMs }) => startMs >= sinceMs && waitMs > atOnceMs)
    .length;
}

/** The waits of those who were not answered promptly. */
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

/** The longest that a client waited for an answer which did come, ms. */
export function slowestAnswerMs(probes: readonly Probe[]): number {
  const answered = probes.filter(({ failure }) => failure === undefined);
  return Math.max(0, ...answered.map(({ startMs, endMs }) => endMs - startMs));
}

/**
 * The longest time within the span in which no attempt began, ms: an outage as short as this may have gone unseen. It
 * is the prober's doing, never the pair's.
 */
export function longestGapMs(probes: readonly Probe[], { fromMs, toMs }: Span): number {
  const starts = probes.map(({ startMs }) => startMs).filter((startMs) => startMs > fromMs && startMs < toMs);
  const moments = [fromMs, ...starts.toSorted((a, b) => a - b), toMs];
  return Math.max(...moments.map((moment, index) => moment - (moments[index - 1] ?? fromMs)));
}

/** Clients that have been served without a break for this long are served. */
const unbrokenMs = 500;

export interface Asked {
  /** The attempts that have ended. */
  readonly probes: readonly Probe[];
  readonly intervalMs: number;
  /** Attempts begun earlier say nothing: what is waited for is what comes after this moment. */
  readonly sinceMs: number;
  readonly nowMs: number;
}

/**
 * What is wrong with the attempts begun in the last half second, all of it after `sinceMs`; undefined where all were
 * served. Attempts that have not ended yet are not known: half of those that were due must be.
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
