import type { DrilledPair } from "../drilledPair.ts";
import { agentPage } from "./agentPage.ts";

/** How often the agent on a node has changed its preference since it started, as its own metric counts it. */
export async function agentSwitches(pair: DrilledPair, node: string): Promise<number> {
  return sumOfMetric(await agentPage(pair, node, "/metrics"), "hapair_egress_switches_total");
}

/** Sum over all labels. @throws where the text has no such metric */
export function sumOfMetric(text: string, name: string): number {
  if (!text.includes(`# TYPE ${name} `)) throw new Error(`the agent does not count ${name}`);
  const samples = text.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)`, "gm"));
  return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
}
