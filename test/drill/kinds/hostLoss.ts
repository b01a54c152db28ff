import { kill } from "../../../lab/kill.ts";
import { up } from "../../../lab/up.ts";
import type { Kind } from "../kind.ts";

export const hostLoss: Kind = {
  description: "power cut of the holder, which later comes back as backup",
  ask: "answer",
  play: async ({ pair: { lab }, holder, watch, restore, served, healthy }) => {
    const bringBack = async () => {
      await up(lab, holder);
    };
    restore(bringBack);
    // First, as the cut takes a while to return and the node is lost at its beginning.
    watch.died(holder);
    kill(lab, holder);
    await served();
    await bringBack();
    await healthy();
  },
};
