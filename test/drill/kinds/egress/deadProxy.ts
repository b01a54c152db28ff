import { crash, restart, uplink } from "../../../harness/internet.ts";
import type { Kind } from "../../kind.ts";
import { nowMs } from "../../observe/clock.ts";
import type { Scene } from "../../scene.ts";
import { egressKind } from "./egressKind.ts";
import { servedElsewhere, servingProxy } from "./servingProxy.ts";
import { withoutAgents } from "./withoutAgents.ts";

/** How a proxy dies: its tunnel refuses, its tunnel swallows everything, or the proxy itself is gone. */
type Death = "refused" | "cut" | "crash";

/** The proxy that serves dies and comes back. */
export function deadProxy(death: Death, description: string): Kind {
  return egressKind({
    description,
    play: async (scene) => {
      await dieAndComeBack(scene, death);
      await scene.healthy();
    },
  });
}

/** The same while no node has an agent. */
export function deadProxyAlone(death: Death, description: string): Kind {
  return egressKind({
    description,
    play: async (scene) => {
      await servingProxy(scene);
      await withoutAgents(scene, () => dieAndComeBack(scene, death));
      await scene.healthy();
    },
  });
}

async function dieAndComeBack(scene: Scene, death: Death): Promise<void> {
  const { pair, mayLose } = scene;
  const { name, address } = await servingProxy(scene);
  mayLose([address]);
  const begun = nowMs();
  await (death === "crash" ? crash(pair.lab, name) : uplink(pair.lab, name, death));
  await servedElsewhere(scene, begun, [address]);
  await (death === "crash" ? restart(pair.lab, name) : uplink(pair.lab, name, "open"));
}
