import { exec } from "../../../lab/exec.ts";
import type { Kind } from "../kind.ts";

/** Every process of a daemon on the holder is killed with no word of farewell. */
export function crash(daemon: "haproxy" | "keepalived"): Kind {
  return {
    description: `${daemon} on the holder is killed (kill -9, every process)`,
    ask: "answer",
    play: async ({ pair: { lab }, holder, restore, served, healthy }) => {
      restore(async () => {
        await exec(lab, holder, ["systemctl", "start", daemon]);
      });
      const { exitCode } = await exec(lab, holder, ["pkill", "-9", "-x", daemon]);
      if (exitCode !== 0) throw new Error(`no ${daemon} was found on ${holder}`);
      await served();
      await healthy();
    },
  };
}
