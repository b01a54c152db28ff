import { kill } from "../../../lab/kill.ts";
import { up } from "../../../lab/up.ts";
import type { Kind } from "../kind.ts";
import { waitUntil } from "../waitUntil.ts";

export const rejoin: Kind = {
  description: "a lost node comes back: it stays backup, and nobody notices",
  ask: "answer",
  // Its boot takes the cores of this one host. No takeover is quicker than two adverts: an answer within this time
  // came late, but from a holder that never left; that the address did not move is measured beside it.
  promptMs: 200,
  prepare: async ({ pair: { lab }, holder, watch, restore, signal }) => {
    restore(async () => {
      await up(lab, holder);
    });
    // First, as the cut takes a while to return and the node is lost at its beginning.
    watch.died(holder);
    kill(lab, holder);
    await waitUntil(() => (watch.holders().length === 1 ? undefined : "no node took over"), 5000, signal);
    return holder;
  },
  play: async ({ pair: { lab }, holder, watch, healthy, fault }) => {
    await up(lab, holder);
    await healthy();
    if (watch.holders().includes(holder)) fault(`${holder} took the address back`);
  },
};
