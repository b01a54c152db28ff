import { setTimeout as delay } from "node:timers/promises";
import { egressOf } from "../../drill/drilledEgress.ts";
import type { DrilledPair } from "../../drill/drilledPair.ts";
import { agentPage } from "../../drill/observe/agentPage.ts";
import { unhealthyEgress } from "../../drill/unhealthyEgress.ts";
import { waitUntil } from "../../drill/waitUntil.ts";
import { restoreAll, uplink } from "../../harness/internet.ts";

/** haproxy finds a proxy dead after 1.4 s at the latest; then the agent measures, elects and closes sessions. */
const deadMs = 2000;
/** As long until haproxy finds it alive, and a measurement. */
const aliveMs = 1500;
const healthyWithinMs = 60_000;

/** Lets each proxy in turn fail and come back, while a monitoring system reads every agent's pages. */
export async function failProxies(pair: DrilledPair, failures: number, signal: AbortSignal): Promise<void> {
  const { servers } = egressOf(pair);
  try {
    for (let failure = 0; failure < failures; failure += 1) {
      signal.throwIfAborted();
      const server = servers[failure % servers.length];
      if (!server) throw new Error("the bench's pair has proxies");
      await uplink(pair.lab, server.name, failure % 2 === 0 ? "refused" : "cut");
      await delay(deadMs);
      await uplink(pair.lab, server.name, "open");
      for (const node of pair.nodes) {
        await agentPage(pair, node, "/metrics");
        await agentPage(pair, node, "/egress");
      }
      await delay(aliveMs);
    }
  } finally {
    await restoreAll(pair.lab);
  }
  await waitUntil(() => unhealthyEgress(pair), healthyWithinMs, signal, 500);
}
