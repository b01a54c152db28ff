import { poolerUnit } from "../../../render/paths.ts";
import type { Kind } from "../kind.ts";
import { nowMs } from "../observe/clock.ts";
import { run } from "../run.ts";
import { killUnit } from "./killUnit.ts";

export const poolerKill: Kind = {
  description: "one PgBouncer is killed (kill -9), another one each round",
  ask: "query",
  play: async (scene) => {
    const { lab, pool } = scene.pair;
    const unit = poolerUnit(pool.ports[scene.round % pool.ports.length] ?? 0);
    scene.restore(async () => {
      await run(lab, pool.machine, ["systemctl", "start", unit]);
    });
    await killUnit(scene, pool.machine, unit);
    await scene.served(nowMs());
    await scene.healthy();
  },
};
