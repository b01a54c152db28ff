import { exec } from "../../../lab/exec.ts";
import type { Kind } from "../kind.ts";

/**
 * Every second round another node holds the address when it begins. After a thaw or a heal the node with the highest
 * priority wins, so that without this the others would never be the one that fails.
 */
export const otherHolder: NonNullable<Kind["prepare"]> = async ({ pair, round, holder, watch, healthy }) => {
  if (round % 2 === 0) return holder;
  await exec(pair.lab, holder, ["systemctl", "restart", "keepalived"]);
  await healthy();
  return watch.holders()[0] ?? holder;
};
