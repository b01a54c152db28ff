/** So much at once, and then so much a second, for each source (a token bucket). */
export interface Rate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Sources that are remembered; beyond them those that have asked least lately are forgotten. */
const mostSources = 4096;

export interface RateLimit {
  /** Takes one of the source's tokens; false where none is left. */
  take(source: string): boolean;
}

/** @param nowMs a clock that only advances */
export function rateLimit({ burst, perSecond }: Rate, nowMs: () => number): RateLimit {
  const sources = new Map<string, { left: number; atMs: number }>();

  function refilled(source: string): { left: number; atMs: number } {
    const atMs = nowMs();
    const before = sources.get(source);
    if (before === undefined) return { left: burst, atMs };
    const left = Math.min(burst, before.left + ((atMs - before.atMs) / 1000) * perSecond);
    return { left, atMs };
  }

  return {
    take: (source) => {
      const bucket = refilled(source);
      const isLeft = bucket.left >= 1;
      if (isLeft) bucket.left -= 1;
      // Last in the map is who has asked last.
      sources.delete(source);
      sources.set(source, bucket);
      const [oldest] = sources.keys();
      if (sources.size > mostSources && oldest !== undefined) sources.delete(oldest);
      return isLeft;
    },
  };
}
