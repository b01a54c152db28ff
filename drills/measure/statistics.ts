/** What a row of measurements says: nearest-rank quantiles, so that every figure was measured in some round. */
export interface Statistics {
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** @throws where there is no value */
export function statistics(values: readonly number[]): Statistics {
  const sorted = values.map(toTenths).toSorted((a, b) => a - b);
  const rank = (share: number): number => {
    const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    if (value === undefined) throw new Error("no statistics of nothing");
    return value;
  };
  return { median: rank(0.5), p95: rank(0.95), max: rank(1) };
}

/** Finer than a tenth of a millisecond is the clock's noise. */
function toTenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
