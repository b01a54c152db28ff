import type { Kind } from "../kind.ts";
import { nowMs } from "../observe/clock.ts";
import { run } from "../run.ts";
import { takenOver } from "./takenOver.ts";

export const polite: Kind = {
  description: "the holder leaves in order (systemctl stop keepalived)",
  ask: "answer",
  play: async (scene) => {
    const { pair, holder, restore, served, healthy } = scene;
    const start = async () => {
      await run(pair.lab, holder, ["systemctl", "start", "keepalived"]);
    };
    restore(start);
    await run(pair.lab, holder, ["systemctl", "stop", "keepalived"]);
    await takenOver(scene);
    await served(nowMs());
    await start();
    await healthy();
  },
};
