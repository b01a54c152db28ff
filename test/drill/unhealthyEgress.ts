import { exec } from "../../lab/exec.ts";
import { egressUnit } from "../../render/paths.ts";
import { egressOf } from "./drilledEgress.ts";
import type { DrilledPair } from "./drilledPair.ts";
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
    const { exitCode } = await exec(pair.lab, node, ["systemctl", "is-active", "--quiet", egressUnit]);
    if (exitCode !== 0) return `${egressUnit} on ${node} is not active`;
  }
  return undefined;
}
