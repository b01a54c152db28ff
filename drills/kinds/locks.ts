import { cut, heal } from "../../lab/faults/cut.ts";
import { kill, freeze as pause, thaw } from "../../lab/faults/power.ts";
import { up } from "../../lab/machine/up.ts";
import { holdLock } from "../clients/lock.ts";
import { nowMs } from "../time.ts";
import { type Kind, type Round, takenOver } from "./kind.ts";

interface Loss {
  lose(round: Round): void;
  recover(round: Round): void | Promise<void>;
}

const losses: readonly Loss[] = [
  {
    lose: ({ pair, holder, watch }) => {
      watch.died(holder);
      kill(pair.lab, holder);
    },
    recover: async ({ pair, holder }) => {
      await up(pair.lab, holder);
    },
  },
  {
    lose: ({ pair, holder, watch }) => {
      watch.paused(holder, true);
      pause(pair.lab, holder);
    },
    recover: ({ pair, holder, watch }) => {
      watch.paused(holder, false);
      thaw(pair.lab, holder);
    },
  },
  ...(["carrier", "port"] as const).map(
    (how): Loss => ({
      lose: ({ pair, holder }) => cut(pair.lab, holder, { how }),
      recover: ({ pair, holder }) => heal(pair.lab, holder),
    }),
  ),
];

export const locksAfterLoss: Kind = {
  description:
    "the holder is lost with a transaction open (power cut, pause, cable, partition in turn): its row locks are released",
  ask: "answer",
  variants: losses.length,
  play: async (round) => {
    const { pair, index, restore, signal, served, healthy, released } = round;
    const loss = losses[index % losses.length];
    if (!loss) throw new Error("a round has a loss");
    const lock = await holdLock(pair, signal);
    restore(() => lock.close());
    restore(() => loss.recover(round));
    const lostMs = nowMs();
    loss.lose(round);
    await takenOver(round);
    await served(nowMs());
    released((await lock.taken(signal)) - lostMs);
    await loss.recover(round);
    await healthy();
  },
};
