/**
 * What failed is not used again for a while. The time doubles with each failure that is not forgotten, so that a
 * thing that comes and goes is used less and less. Times are epoch ms; a clock that was set back prolongs nothing.
 */

/** Length of the hold-down after so many failures (from 1 on), at most `maxMs`. */
export function holdDownMs(failures: number, firstMs: number, maxMs: number): number {
  return Math.min(firstMs * 2 ** (failures - 1), maxMs);
}

/** How many failures still count: none once the last of them is `forgetMs` ago. */
export function failuresLeft(
  failures: number,
  {
    lastAtMs,
    nowMs,
    forgetMs,
  }: { readonly lastAtMs: number; readonly nowMs: number; readonly forgetMs: number },
): number {
  return nowMs - Math.min(lastAtMs, nowMs) >= forgetMs ? 0 : failures;
}
