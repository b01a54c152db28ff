import type { Budget } from "../budget.ts";

/** How the clients of a kind ask, ms. */
export interface Asking {
  readonly intervalMs: number;
  readonly promptMs: number;
}

/**
 * A prober that began nothing for so long may have missed an outage that matters: half of what is allowed, or of what
 * is seen as an outage at all. Below five intervals it is the jitter of a busy host.
 */
export function blindMs({ outageMs }: Pick<Budget, "outageMs">, { intervalMs, promptMs }: Asking): number {
  return Math.max(5 * intervalMs, Math.max(outageMs, promptMs) / 2);
}
