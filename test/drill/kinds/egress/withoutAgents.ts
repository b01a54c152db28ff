import { exec } from "../../../../lab/exec.ts";
import { egressUnit } from "../../../../render/paths.ts";
import type { Scene } from "../../scene.ts";

/** Every node's agent is killed (kill -9) and stays away for the work. */
export async function withoutAgents(
  { pair, restore }: Pick<Scene, "pair" | "restore">,
  work: () => Promise<void>,
): Promise<void> {
  const everywhere = (command: string) =>
    Promise.all(
      pair.nodes.map(async (node) => {
        const { exitCode, stderr } = await exec(pair.lab, node, ["sh", "-c", command]);
        if (exitCode !== 0) throw new Error(`${command} on ${node}: ${stderr}`);
      }),
    );
  const start = async () => {
    await everywhere(`systemctl start ${egressUnit}`);
  };
  restore(start);
  // Its unit would start it again after a second: a stop by then keeps it away.
  await everywhere(`systemctl kill --signal=KILL ${egressUnit} && systemctl stop ${egressUnit}`);
  await work();
  await start();
}
