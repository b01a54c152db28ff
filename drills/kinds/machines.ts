import type { Cut } from "../../contract/lab.ts";
import { cut, heal } from "../../lab/faults/cut.ts";
import { freeze as pause, thaw } from "../../lab/faults/freeze.ts";
import { kill } from "../../lab/faults/kill.ts";
import { up } from "../../lab/machine/up.ts";
import { openSessions } from "../clients/openSessions.ts";
import { nowMs } from "../time.ts";
import { otherHolder, takenOver } from "./holder.ts";
import type { Kind } from "./kind.ts";

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

const pausedMs = 3000;
/**
 * A session that knows neither answer nor error so long after the thaw is stranded. TCP doubles its pauses: what got
 * lost while the node was paused is sent again at the latest as long after the thaw as the pause was.
 */
const strandedAfterMs = pausedMs + 1000;
/** A question of the idle sessions, asked at the thaw, is this old when the stranded are counted. */
const askedBeforeMs = strandedAfterMs - 500;

export const freeze: Kind = {
  description: "the holder is paused for three seconds and goes on as if nothing had been",
  ask: "answer",
  prepare: otherHolder,
  play: async (scene) => {
    const { pair, holder, watch, signal, restore, served, passed, repaired, healthy, stranded } = scene;
    const { lab } = pair;
    restore(() => thaw(lab, holder));
    const sessions = await openSessions(lab, pair.databaseUrl, signal);
    restore(() => sessions.close());
    const begun = nowMs();
    watch.paused(holder, true);
    pause(lab, holder);
    await takenOver(scene);
    await served(nowMs());
    await passed(begun, pausedMs);
    watch.paused(holder, false);
    thaw(lab, holder);
    repaired();
    sessions.ask();
    await passed(nowMs(), strandedAfterMs);
    stranded(sessions.silent(askedBeforeMs));
    await served(nowMs());
    await healthy();
  },
};

/** What a repair brings about happens in this time: the holder's gratuitous ARP comes every second. */
const afterMs = 1500;

/** The holder is cut off in one way, for so long, and connected again. */
export function cutOff(how: Cut, cutMs: number, description: string): Kind {
  return {
    description,
    ask: "answer",
    prepare: otherHolder,
    play: async (scene) => {
      const { pair, holder, restore, served, passed, repaired, healthy } = scene;
      restore(() => heal(pair.lab, holder));
      const begun = nowMs();
      cut(pair.lab, holder, how);
      await takenOver(scene);
      await served(nowMs());
      await passed(begun, cutMs);
      heal(pair.lab, holder);
      repaired();
      await passed(nowMs(), afterMs);
      await served(nowMs());
      await healthy();
    },
  };
}
