import { kill } from "../../../lab/kill.ts";
import type { Kind } from "../kind.ts";
import { powerOn } from "./powerOn.ts";

export const hostLoss: Kind = {
  description: "power cut of the holder, which later comes back as backup",
  ask: "answer",
  play: async ({ pair: { lab }, holder, watch, restore, served, healthy }) => {
    const bringBack = () => powerOn(lab, holder);
    restore(bringBack);
    kill(lab, holder);
    watch.died(holder);
    await served();
    await bringBack();
    await healthy();
  },
};
