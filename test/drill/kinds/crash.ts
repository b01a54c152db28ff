import type { Kind } from "../kind.ts";
import { nowMs } from "../observe/clock.ts";
import { run } from "../run.ts";
import { takenOver } from "./takenOver.ts";

/** Every process of a daemon on the holder is killed with no word of farewell. */
export function crash(daemon: "haproxy" | "keepalived"): Kind {
  return {
    description: `${daemon} on the holder is killed (kill -9, every process)`,
    ask: "answer",
    play: async (scene) => {
      const { pair, holder, restore, served, healthy } = scene;
      restore(async () => {
        await run(pair.lab, holder, ["systemctl", "start", daemon]);
      });
      await run(pair.lab, holder, ["pkill", "-9", "-x", daemon]);
      await takenOver(scene);
      await served(nowMs());
      await healthy();
    },
  };
}
