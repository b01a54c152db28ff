import { kill } from "../../../lab/kill.ts";
import { up } from "../../../lab/up.ts";
import type { Kind } from "../kind.ts";
import { nowMs } from "../observe/clock.ts";
import { takenOver } from "./takenOver.ts";

export const hostLoss: Kind = {
  description: "power cut of the holder, which later comes back as backup",
  ask: "answer",
  play: async (scene) => {
    const { pair, holder, watch, restore, gone, served, healthy } = scene;
    const bringBack = async () => {
      await up(pair.lab, holder);
    };
    restore(bringBack);
    // First, as the cut takes a while to return and the node is lost at its beginning.
    watch.died(holder);
    kill(pair.lab, holder);
    gone();
    // A machine that boots takes the cores of this one host: not before the other node has taken over.
    await takenOver(scene);
    await served(nowMs());
    await bringBack();
    await healthy();
  },
};
