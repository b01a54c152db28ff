import { kill } from "../../../lab/kill.ts";
import type { Kind } from "../kind.ts";
import { waitUntil } from "../waitUntil.ts";
import { powerOn } from "./powerOn.ts";

export const rejoin: Kind = {
  description: "a lost node comes back: it stays backup, and nobody notices",
  ask: "answer",
  // Its boot takes the cores of this one host. No takeover is quicker than two adverts: an answer within this time
  // came late, but from a holder that never left; that the address did not move is measured beside it.
  promptMs: 200,
  prepare: async ({ pair: { lab }, holder, watch, restore, signal }) => {
    restore(() => powerOn(lab, holder));
    kill(lab, holder);
    watch.died(holder);
    await waitUntil(() => (watch.holders().length === 1 ? undefined : "no node took over"), 5000, signal);
  },
  play: async ({ pair: { lab }, holder, watch, healthy, fault }) => {
    await powerOn(lab, holder);
    await healthy();
    if (watch.holders().includes(holder)) fault(`${holder} took the address back`);
  },
};
