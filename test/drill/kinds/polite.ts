import { exec } from "../../../lab/exec.ts";
import type { Kind } from "../kind.ts";

export const polite: Kind = {
  description: "the holder leaves in order (systemctl stop keepalived)",
  ask: "answer",
  play: async ({ pair: { lab }, holder, restore, served, healthy }) => {
    const start = async () => {
      await exec(lab, holder, ["systemctl", "start", "keepalived"]);
    };
    restore(start);
    await exec(lab, holder, ["systemctl", "stop", "keepalived"]);
    await served();
    await start();
    await healthy();
  },
};
