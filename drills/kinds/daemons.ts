import { poolerUnit } from "../../render/services/pgbouncer.ts";
import { postgresUnit } from "../../render/services/postgresql.ts";
import { mainPid, run } from "../machine.ts";
import { postgresOf } from "../pair.ts";
import { nowMs, waitUntil } from "../time.ts";
import { type Kind, type Preparation, takenOver } from "./kind.ts";

export const haproxyKill = kill("haproxy");
export const keepalivedKill = kill("keepalived");

function kill(daemon: "haproxy" | "keepalived"): Kind {
  return {
    description: `${daemon} on the holder is killed (kill -9, every process)`,
    ask: "answer",
    play: async (round) => {
      const { pair, holder, restore, served, healthy } = round;
      restore(async () => {
        await run(pair.lab, holder, ["systemctl", "start", daemon]);
      });
      await run(pair.lab, holder, ["pkill", "-9", "-x", daemon]);
      await takenOver(round);
      await served(nowMs());
      await healthy();
    },
  };
}

export const polite: Kind = {
  description: "the holder hands over in order (systemctl stop keepalived)",
  ask: "answer",
  play: async (round) => {
    const { pair, holder, restore, served, healthy } = round;
    const start = async () => {
      await run(pair.lab, holder, ["systemctl", "start", "keepalived"]);
    };
    restore(start);
    await run(pair.lab, holder, ["systemctl", "stop", "keepalived"]);
    await takenOver(round);
    await served(nowMs());
    await start();
    await healthy();
  },
};

const restartedWithinMs = 10_000;

/** Kills a unit's processes (kill -9) and waits until systemd has started it again. */
export async function killUnit(
  { pair: { lab }, signal }: Pick<Preparation, "pair" | "signal">,
  machine: string,
  unit: string,
): Promise<void> {
  const before = await mainPid(lab, machine, unit);
  await run(lab, machine, ["systemctl", "kill", "--signal=KILL", unit]);
  const problem = async () => {
    const pid = await mainPid(lab, machine, unit);
    return pid === undefined || pid === before ? `${unit} on ${machine} is not back` : undefined;
  };
  await waitUntil(problem, restartedWithinMs, signal, 100);
}

export const poolerKill: Kind = {
  description: "one PgBouncer is killed (kill -9), another one each round",
  ask: "query",
  play: async (round) => {
    const { lab, pool } = round.pair;
    const poolers = pool.poolers.filter(({ forSessions }) => !forSessions);
    const pooler = poolers[round.index % poolers.length];
    if (!pooler) throw new Error("a pool has a pooler");
    const unit = poolerUnit(pooler.port);
    round.restore(async () => {
      await run(lab, pooler.host, ["systemctl", "start", unit]);
    });
    await killUnit(round, pooler.host, unit);
    await round.served(nowMs());
    await round.healthy();
  },
};

export const postgresRestart: Kind = {
  description: "PostgreSQL restarts behind the poolers (systemctl restart)",
  ask: "query",
  play: async ({ pair, restore, served, healthy }) => {
    const systemctl = (verb: string) => run(pair.lab, postgresOf(pair), ["systemctl", verb, postgresUnit]);
    restore(async () => {
      await systemctl("start");
    });
    await systemctl("restart");
    await served(nowMs());
    await healthy();
  },
};
