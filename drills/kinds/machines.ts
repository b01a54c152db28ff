import { kill, freeze as pause, thaw } from "../../lab/faults/power.ts";
import { up } from "../../lab/machine/up.ts";
import { openSessions } from "../clients/sessions.ts";
import { nowMs } from "../time.ts";
import { type Kind, otherHolder, type Preparation, takenOver } from "./kind.ts";

/** Cuts the holder's power; it boots again at the end of the round at the latest. */
export function cutPower({ pair, holder, watch, restore }: Preparation): void {
  restore(() => boot(pair.lab, holder));
  // Before the kill, which takes a while to return: the node is lost at its beginning.
  watch.died(holder);
  kill(pair.lab, holder);
}

export async function boot(lab: string, machine: string): Promise<void> {
  await up(lab, machine);
}

export const hostLoss: Kind = {
  description: "power cut of the holder, which later comes back as backup",
  ask: "answer",
  play: async (round) => {
    const { pair, holder, nodeGone, served, healthy } = round;
    cutPower(round);
    nodeGone();
    // A booting machine takes the cores of this host: not before the other node has taken over.
    await takenOver(round);
    await served(nowMs());
    await boot(pair.lab, holder);
    await healthy();
  },
};

export const rejoin: Kind = {
  description: "a lost node comes back: it stays backup, and no client notices",
  ask: "answer",
  // The boot takes the cores of this host, so answers may be slow. That the address does not move is measured too.
  promptMs: 200,
  prepare: async (preparation) => {
    cutPower(preparation);
    await takenOver(preparation);
    return preparation.holder;
  },
  play: async ({ pair, holder, healthy }) => {
    await boot(pair.lab, holder);
    await healthy();
  },
};

const pausedMs = 3000;
/**
 * A session without an answer or an error so long after the thaw is stranded. TCP doubles the pause between two
 * attempts: what was lost during the pause is sent again no later after the thaw than the pause was long.
 */
const strandedAfterMs = pausedMs + 1000;
/** Queries that the idle sessions send at the thaw are older than this when the stranded are counted. */
const askedBeforeMs = strandedAfterMs - 500;

export const freeze: Kind = {
  description: "the holder is paused for three seconds and then resumes",
  ask: "answer",
  prepare: otherHolder,
  play: async (round) => {
    const { pair, holder, watch, signal, restore, served, elapsed, repaired, healthy, stranded } = round;
    const { lab } = pair;
    restore(() => thaw(lab, holder));
    const sessions = await openSessions(lab, pair.databaseUrl, signal);
    restore(() => sessions.close());
    const begun = nowMs();
    watch.paused(holder, true);
    pause(lab, holder);
    await takenOver(round);
    await served(nowMs());
    await elapsed(begun, pausedMs);
    watch.paused(holder, false);
    thaw(lab, holder);
    repaired();
    sessions.ask();
    await elapsed(nowMs(), strandedAfterMs);
    stranded(sessions.silent(askedBeforeMs));
    await served(nowMs());
    await healthy();
  },
};
