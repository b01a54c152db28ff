import { kill } from "../../../lab/kill.ts";
import { up } from "../../../lab/up.ts";
import type { Kind } from "../kind.ts";
import { waitUntil } from "../waitUntil.ts";

export const rejoin: Kind = {
  description: "a lost node comes back: it stays backup, and nobody notices",
  ask: "answer",
  prepare: async ({ pair: { lab }, holder, watch, restore, signal }) => {
    restore(async () => {
      await up(lab, holder);
    });
    kill(lab, holder);
    watch.died(holder);
    await waitUntil(() => (watch.holders().length === 1 ? undefined : "no node took over"), 5000, signal);
  },
  play: async ({ pair: { lab }, holder, watch, healthy, fault }) => {
    await up(lab, holder);
    await healthy();
    if (watch.holders().includes(holder)) fault(`${holder} took the address back`);
  },
};
