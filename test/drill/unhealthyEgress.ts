import { EgressPage } from "../../agent/egress/page/egressPage.ts";
import { egressOf } from "./drilledEgress.ts";
import type { DrilledPair } from "./drilledPair.ts";
import { agentPage } from "./observe/agentPage.ts";
import { serverStates } from "./observe/serverStates.ts";

/** What keeps a pair's egress from being drilled, as a sentence; undefined where it is as it should be. */
export async function unhealthyEgress(pair: DrilledPair): Promise<string | undefined> {
  const { backend, servers } = egressOf(pair);
  for (const node of pair.nodes) {
    const states = await serverStates(pair.lab, node, backend);
    const down = servers.find(({ name }) => states[name] !== "UP");
    if (down) return `haproxy on ${node} sees ${down.name} ${states[down.name] ?? "not at all"}`;
  }
  for (const node of pair.nodes) {
    const page = await agentPage(pair, node, "/egress");
    if (page === "") return `no agent answers on ${node}`;
    const measured = EgressPage.parse(JSON.parse(page)).groups.flatMap((group) => group.servers);
    const bad = measured.find(({ state }) => state !== "online");
    if (bad) return `the agent on ${node} finds ${bad.name} ${bad.state ?? "not measured yet"}`;
  }
  return undefined;
}
