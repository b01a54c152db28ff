/** A cap on requests: a token bucket that refills steadily. Half of the cap may be spent at once. */
export interface Budget {
  /** Takes one request if that leaves at least so many (default 0). Returns the ms until it may be taken; 0 where it was. */
  take(leave?: number): number;
}

/** At most `perMinute` requests in any minute. `nowMs` is a clock that only advances. */
export function openBudget(perMinute: number, nowMs: () => number): Budget {
  const most = perMinute / 2;
  const perMs = perMinute / 2 / 60_000;
  let left = most;
  let atMs = nowMs();
  return {
    take: (leave = 0) => {
      const now = nowMs();
      left = Math.min(most, left + (now - atMs) * perMs);
      atMs = now;
      if (left < leave + 1) return Math.ceil((leave + 1 - left) / perMs);
      left -= 1;
      return 0;
    },
  };
}
