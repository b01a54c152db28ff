import { exec } from "../../lab/machine/exec.ts";
import { type DrilledPair, egressOf } from "../pair.ts";

/** A page that the agent on a node serves; "" where no agent answers. */
export async function agentPage(
  pair: DrilledPair,
  node: string,
  path: "/egress" | "/metrics",
): Promise<string> {
  const { metricsPort } = egressOf(pair);
  const fetch = `exec 3<>/dev/tcp/127.0.0.1/${metricsPort}; printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`;
  const { stdout } = await exec(pair.lab, node, ["timeout", "5", "bash", "-c", fetch]);
  return stdout.split("\r\n\r\n", 2)[1] ?? "";
}

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
