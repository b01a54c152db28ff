import type { Kind } from "../kinds/kind.ts";
import type { Pace } from "../measure/judge.ts";
import { type DrilledPair, edgeOf, egressOf } from "../pair.ts";
import type { ProbePlan, TunnelPlan } from "./plans.ts";
import type { ProxyWay } from "./throughProxy.ts";

/** How clients ask: the interval, from when on a wait is an outage and not latency, when an attempt is given up; ms. */
export const paces = {
  answer: { intervalMs: 10, promptMs: 20, deadlineMs: 1000 },
  // A login costs both sides tens of hashes: a shorter interval would load the two cores and measure that.
  query: { intervalMs: 25, promptMs: 100, deadlineMs: 1000 },
  // Through haproxy, a proxy and the internet's own haproxy, all of them on two cores.
  egress: { intervalMs: 20, promptMs: 100, deadlineMs: 1000 },
  // One address may open 400 connections in ten seconds.
  route: { intervalMs: 40, promptMs: 100, deadlineMs: 1000 },
  // 300 a second, on connections that are kept: what counts is that none fails.
  requests: { intervalMs: 10 / 3, promptMs: 3000, deadlineMs: 3000 },
} as const;

/** SQL beside what a kind asks for: few logins, each of which has a second. */
export const besidePace = { intervalMs: 100, promptMs: 1000, deadlineMs: 1000 } as const;

export function paceOf({ ask, promptMs }: Pick<Kind, "ask" | "promptMs">): Pace {
  return { ...paces[ask], ...(promptMs !== undefined && { promptMs }) };
}

/** The long connections that are held beside an `egress` client: how many, and what is asked on them. */
export const heldTunnels = { count: 200, everyMs: 2000, silentMs: 2500 } as const;

/** Plain HTTP: the drills measure what a proxy carries, not TLS. */
const httpPort = 80;

/** @param pace default by `ask` (`paces`) */
export function probePlan(
  ask: keyof typeof paces,
  pair: DrilledPair,
  { intervalMs, deadlineMs }: { readonly intervalMs: number; readonly deadlineMs: number } = paces[ask],
): ProbePlan {
  const { vip, databaseUrl } = pair;
  switch (ask) {
    case "answer":
      return { ask, host: vip.address, port: vip.port, intervalMs, deadlineMs };
    case "query":
      return { ask, databaseUrl, intervalMs, deadlineMs };
    case "egress":
      return { ask, ...proxyWay(pair), intervalMs, deadlineMs };
    case "route":
    case "requests": {
      const { url, authority } = edgeOf(pair);
      const keeps = ask === "requests";
      return { ask: "route", url, ca: authority, host: askedHost(pair), keeps, intervalMs, deadlineMs };
    }
  }
}

/** Host name that `route` and `requests` ask for; `kinds/edge.ts` makes its route. */
export function askedHost(pair: DrilledPair): string {
  return `steady.${edgeOf(pair).domain}`;
}

export function tunnelPlan(pair: DrilledPair): TunnelPlan {
  const { count, everyMs, silentMs } = heldTunnels;
  return { ...proxyWay(pair), everyMs, silentMs, spread: count };
}

function proxyWay(pair: DrilledPair): ProxyWay {
  const { port, internet } = egressOf(pair);
  return { proxy: { host: pair.vip.address, port }, target: { host: internet, port: httpPort } };
}
