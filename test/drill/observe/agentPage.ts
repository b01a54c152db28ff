import { exec } from "../../../lab/exec.ts";
import { egressOf } from "../drilledEgress.ts";
import type { DrilledPair } from "../drilledPair.ts";

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
