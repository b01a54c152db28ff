import { kill } from "../../lab/faults/power.ts";
import { up } from "../../lab/machine/up.ts";
import { openPoolSessions } from "../clients/pool/sessions.ts";
import { nowMs } from "../time.ts";
import type { Kind } from "./kind.ts";
import { hostLoss } from "./machines.ts";

/** Longer than any session on the lost machine may last: whatever ends later counts too. */
const watchedMs = 8000;

export const poolMachineLoss: Kind = {
  description: "power cut of a pool machine beside PostgreSQL's: sessions through it end, all others go on",
  ask: "query",
  needs: "pool-machines",
  play: async (round) => {
    const { pair, signal, restore, served, elapsed, healthy, ended, fault } = round;
    const lost = pair.pool.poolers.find(({ host }) => host !== pair.pool.postgres);
    if (!lost) throw new Error("a pool of several machines has one beside PostgreSQL's");
    const sessions = await openPoolSessions(pair, signal);
    restore(() => sessions.close());
    const [through, others] = [sessions.through(lost.address), sessions.notThrough(lost.address)];
    if (through.length === 0) fault(`no session goes through ${lost.host}: nothing was measured`);
    restore(async () => {
      await up(pair.lab, lost.host);
    });
    const lostMs = nowMs();
    kill(pair.lab, lost.host);
    await elapsed(lostMs, watchedMs);
    const ends = through.map((session) => sessions.endedMs(session) ?? nowMs());
    ended(Math.max(0, ...ends) - lostMs);
    for (const session of others)
      if (sessions.endedMs(session) !== undefined)
        fault(`session ${session} ended, which did not go through ${lost.host}`);
    await up(pair.lab, lost.host);
    await served(nowMs());
    await healthy();
  },
};

export const nodeLossWithPoolers: Kind = {
  ...hostLoss,
  description: "power cut of the holder, whose poolers are lost with it; it later comes back as backup",
  needs: "poolers-on-nodes",
};
