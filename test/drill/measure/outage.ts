/** One attempt of a client: times in ms on the monotonic clock. */
export interface Probe {
  readonly startMs: number;
  readonly endMs: number;
  /** What went wrong (`ECONNREFUSED`, `timeout` …); absent where the client got its answer. */
  readonly failure?: string;
  /** Address of the proxy that carried it, where the answer tells. */
  readonly exit?: string;
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
  const byStart = probes.toSorted((a, b) => a.startMs - b.startMs);
  const lastEnd = Math.max(0, ...byStart.map(({ endMs }) => endMs));
  let servedAt = lastEnd;
  let longest = 0;
  for (const { startMs, endMs, failure } of byStart.toReversed()) {
    if (failure === undefined) {
      servedAt = Math.min(servedAt, endMs);
      if (endMs - startMs <= promptMs) continue;
    }
    longest = Math.max(longest, servedAt - startMs);
  }
  return longest;
}

/** The longest that a client waited for an answer which did come, ms. */
export function slowestAnswerMs(probes: readonly Probe[]): number {
  const answered = probes.filter(({ failure }) => failure === undefined);
  return Math.max(0, ...answered.map(({ startMs, endMs }) => endMs - startMs));
}
