import * as z from "zod";
import { agentUnit } from "../../contract/agentConfig.ts";
import { asAgent, run } from "../../drills/machine.ts";
import { operatorSocket, routesMapFile } from "../../render/paths.ts";
import { bundleForHosts, interpreter } from "../../tools/agentBundle.ts";

const program = "bench/routes/mapProgram.ts";
const path = "/run/hapair-bench-map.cjs";
const entries = 1000;
const changes = 2000;
/** The engine compiles meanwhile. */
const warmUp = 200;

/**
 * How long haproxy takes for a change of its map, ms: by the agent's own code on a node, with the agent's user and Node. The
 * agent itself is stopped: it would undo what is not its own.
 */
export async function measureMap(lab: string, node: string): Promise<readonly number[]> {
  await run(lab, node, ["sh", "-c", `cat > ${path}`], await bundleForHosts(program));
  await run(lab, node, ["systemctl", "stop", agentUnit]);
  try {
    const args = [operatorSocket, routesMapFile, entries, warmUp + changes].map(String);
    const output = await run(lab, node, [...asAgent, ...interpreter, path, ...args]);
    return z.array(z.number()).parse(JSON.parse(output)).slice(warmUp);
  } finally {
    await run(lab, node, ["systemctl", "start", agentUnit]);
  }
}
