import { freeze as pause } from "../../../lab/freeze.ts";
import { thaw } from "../../../lab/thaw.ts";
import type { Kind } from "../kind.ts";
import { nowMs } from "../observe/clock.ts";
import { openSessions } from "../observe/openSessions.ts";
import { otherHolder } from "./otherHolder.ts";
import { takenOver } from "./takenOver.ts";

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
