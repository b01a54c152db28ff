import { egressUnit } from "../../../../render/paths.ts";
import { run } from "../../run.ts";
import type { Scene } from "../../scene.ts";

/** Every node's agent is killed (kill -9) and stays away for the work. */
export async function withoutAgents(
  { pair, restore }: Pick<Scene, "pair" | "restore">,
  work: () => Promise<void>,
): Promise<void> {
  const everywhere = (command: string) =>
    Promise.all(pair.nodes.map((node) => run(pair.lab, node, ["sh", "-c", command])));
  const start = async () => {
    await everywhere(`systemctl start ${egressUnit}`);
  };
  restore(start);
  // Its unit would start it again after a second: a stop by then keeps it away.
  await everywhere(`systemctl kill --signal=KILL ${egressUnit} && systemctl stop ${egressUnit}`);
  await work();
  await start();
}
