/** Now in ms on CLOCK_MONOTONIC: one clock for every process of this host. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
