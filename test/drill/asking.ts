import type { DrilledPair } from "./drilledPair.ts";
import type { ProbePlan } from "./observe/probePlan.ts";

/** How a client asks: how often, from when on its wait is an outage and no latency, and when it gives up. */
export const asking = {
  answer: { intervalMs: 10, promptMs: 20, deadlineMs: 1000 },
  // A login costs both sides tens of hashes: more often than this, two cores would measure themselves.
  query: { intervalMs: 25, promptMs: 100, deadlineMs: 1000 },
} as const;

export function probePlan(ask: keyof typeof asking, { vip, databaseUrl }: DrilledPair): ProbePlan {
  const { intervalMs, deadlineMs } = asking[ask];
  return ask === "answer"
    ? { ask, host: vip.address, port: vip.port, intervalMs, deadlineMs }
    : { ask, databaseUrl, intervalMs, deadlineMs };
}
