import { exec } from "../../../lab/exec.ts";
import { poolerUnit } from "../../../render/paths.ts";
import type { Kind } from "../kind.ts";

export const poolerKill: Kind = {
  description: "one PgBouncer is killed (kill -9), another one each round",
  ask: "query",
  play: async ({ pair: { lab, pool }, round, restore, served, healthy }) => {
    const unit = poolerUnit(pool.ports[round % pool.ports.length] ?? 0);
    restore(async () => {
      await exec(lab, pool.machine, ["systemctl", "start", unit]);
    });
    const killed = `kill -9 "$(systemctl show --property=MainPID --value ${unit})"`;
    const { exitCode, stderr } = await exec(lab, pool.machine, ["sh", "-c", killed]);
    if (exitCode !== 0) throw new Error(`${unit} could not be killed: ${stderr}`);
    await served();
    await healthy();
  },
};
