import type { Kind } from "../kinds/kind.ts";
import type { Asking } from "../measure/missed.ts";
import type { DrilledPair } from "../pair.ts";
import { egressOf } from "../pair.ts";
import type { ProbePlan, TunnelPlan } from "./plans.ts";
import type { ProxyWay } from "./throughProxy.ts";

/** How a client asks: how often, from when on its wait is an outage and no latency, and when it gives up; ms. */
export const asking = {
  answer: { intervalMs: 10, promptMs: 20, deadlineMs: 1000 },
  // A login costs both sides tens of hashes: more often than this, two cores would measure themselves.
  query: { intervalMs: 25, promptMs: 100, deadlineMs: 1000 },
  // Through haproxy, a proxy and the internet's own haproxy, all of them on two cores.
  egress: { intervalMs: 20, promptMs: 100, deadlineMs: 1000 },
} as const;

/** How the clients of a kind ask. */
export function howAsked({ ask, promptMs }: Pick<Kind, "ask" | "promptMs">): Asking {
  return { ...asking[ask], ...(promptMs !== undefined && { promptMs }) };
}

/** How many connections stay open meanwhile, and what is asked on them. */
export const holdingOpen = { tunnels: 200, everyMs: 2000, silentMs: 2500 } as const;

/** Plain HTTP: what a proxy carries is measured here, not TLS. */
const plainHttp = 80;

export function probePlan(ask: keyof typeof asking, pair: DrilledPair): ProbePlan {
  const { vip, databaseUrl } = pair;
  const { intervalMs, deadlineMs } = asking[ask];
  switch (ask) {
    case "answer":
      return { ask, host: vip.address, port: vip.port, intervalMs, deadlineMs };
    case "query":
      return { ask, databaseUrl, intervalMs, deadlineMs };
    case "egress":
      return { ask, ...egressWay(pair), intervalMs, deadlineMs };
  }
}

export function tunnelPlan(pair: DrilledPair): TunnelPlan {
  const { tunnels, everyMs, silentMs } = holdingOpen;
  return { ...egressWay(pair), everyMs, silentMs, spread: tunnels };
}

function egressWay(pair: DrilledPair): ProxyWay {
  const { port, internet } = egressOf(pair);
  return { proxy: { host: pair.vip.address, port }, target: { host: internet, port: plainHttp } };
}
