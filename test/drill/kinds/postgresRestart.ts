import { exec } from "../../../lab/exec.ts";
import { postgresUnit } from "../../../render/paths.ts";
import type { Kind } from "../kind.ts";

export const postgresRestart: Kind = {
  description: "PostgreSQL restarts behind the poolers (systemctl restart)",
  ask: "query",
  play: async ({ pair: { lab, pool }, restore, served, healthy }) => {
    restore(async () => {
      await exec(lab, pool.machine, ["systemctl", "start", postgresUnit]);
    });
    const { exitCode, stderr } = await exec(lab, pool.machine, ["systemctl", "restart", postgresUnit]);
    if (exitCode !== 0) throw new Error(`PostgreSQL did not restart: ${stderr}`);
    await served();
    await healthy();
  },
};
