import { postgresUnit } from "../../../render/paths.ts";
import type { Kind } from "../kind.ts";
import { nowMs } from "../observe/clock.ts";
import { run } from "../run.ts";

export const postgresRestart: Kind = {
  description: "PostgreSQL restarts behind the poolers (systemctl restart)",
  ask: "query",
  play: async ({ pair: { lab, pool }, restore, served, healthy }) => {
    restore(async () => {
      await run(lab, pool.machine, ["systemctl", "start", postgresUnit]);
    });
    await run(lab, pool.machine, ["systemctl", "restart", postgresUnit]);
    await served(nowMs());
    await healthy();
  },
};
