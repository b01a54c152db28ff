/**
 * Ms since the epoch that only advance: the wall clock at the start of this process, and what has passed since. Decisions
 * use it: a wall clock that is set while the daemon runs must neither end nor prolong a hold-down.
 */
export function steadyNowMs(): number {
  return performance.timeOrigin + performance.now();
}
