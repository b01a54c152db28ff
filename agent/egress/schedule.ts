/** When each server is to be probed; ms of a clock that is never set back. */
export interface Schedule {
  /** Whether it is due now; from then on it counts as running until `ended`. */
  begins(server: string, nowMs: number): boolean;
  ended(server: string): void;
  /** The server is due at once, but not sooner than soonestMs after its last probe began. */
  hasten(server: string): void;
}

const soonestMs = 500;

/**
 * Every server once per intervalMs, spread evenly over it after a first round at once. A probe takes `limitMs` at most:
 * one that runs for twice as long is abandoned, so that its server is probed again.
 */
export function scheduleOf(
  servers: readonly string[],
  times: { readonly intervalMs: number; readonly limitMs: number; readonly startMs: number },
): Schedule {
  const { intervalMs, limitMs, startMs } = times;
  const entries = new Map(
    servers.map((name, index) => [
      name,
      {
        // The first probe is due at the start, the later ones at this server's own place in the interval.
        dueMs: startMs,
        placeMs: startMs + ((index + 1) * intervalMs) / servers.length,
        beganMs: Number.NEGATIVE_INFINITY,
        running: false,
      },
    ]),
  );
  return {
    begins: (server, nowMs) => {
      const entry = entries.get(server);
      if (entry === undefined || nowMs < Math.max(entry.dueMs, entry.beganMs + soonestMs)) return false;
      if (entry.running && nowMs - entry.beganMs < 2 * limitMs) return false;
      const missed = Math.max(0, Math.floor((nowMs - entry.placeMs) / intervalMs) + 1);
      entry.placeMs += missed * intervalMs;
      entry.dueMs = entry.placeMs;
      entry.beganMs = nowMs;
      entry.running = true;
      return true;
    },
    ended: (server) => {
      const entry = entries.get(server);
      if (entry) entry.running = false;
    },
    hasten: (server) => {
      const entry = entries.get(server);
      if (entry) entry.dueMs = Number.NEGATIVE_INFINITY;
    },
  };
}
