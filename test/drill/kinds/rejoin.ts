import { kill } from "../../../lab/kill.ts";
import { up } from "../../../lab/up.ts";
import type { Kind } from "../kind.ts";
import { takenOver } from "./takenOver.ts";

export const rejoin: Kind = {
  description: "a lost node comes back: it stays backup, and nobody notices",
  ask: "answer",
  // Its boot takes the cores of this one host. No takeover is quicker than two adverts: an answer within this time
  // came late, but from a holder that never left; that the address did not move is measured beside it.
  promptMs: 200,
  prepare: async (stage) => {
    const { pair, holder, watch, restore } = stage;
    restore(async () => {
      await up(pair.lab, holder);
    });
    // First, as the cut takes a while to return and the node is lost at its beginning.
    watch.died(holder);
    kill(pair.lab, holder);
    await takenOver(stage);
    return holder;
  },
  play: async ({ pair, holder, healthy }) => {
    await up(pair.lab, holder);
    await healthy();
  },
};
