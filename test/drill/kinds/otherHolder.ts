import type { Kind } from "../kind.ts";
import { run } from "../run.ts";
import { takenOver } from "./takenOver.ts";

/**
 * Every second round another node holds the address when it begins. After a thaw or a heal the node with the highest
 * priority wins, so that without this the others would never be the one that fails.
 */
export const otherHolder: NonNullable<Kind["prepare"]> = async (stage) => {
  const { pair, round, holder, watch, healthy } = stage;
  if (round % 2 === 0) return holder;
  await run(pair.lab, holder, ["systemctl", "restart", "keepalived"]);
  await takenOver(stage);
  await healthy();
  return watch.holders()[0] ?? holder;
};
