import type { Probe } from "./outage.ts";

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
