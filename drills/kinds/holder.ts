import { run } from "../machine.ts";
import { waitUntil } from "../time.ts";
import type { Kind, Stage } from "./kind.ts";

const takenOverWithinMs = 5000;

/** Waits until another node than the one that fails holds the address: by then the takeover is no more under way. */
export function takenOver({
  holder,
  watch,
  signal,
}: Pick<Stage, "holder" | "watch" | "signal">): Promise<void> {
  const amiss = () =>
    watch.holders().some((node) => node !== holder) ? undefined : `no node took over from ${holder}`;
  return waitUntil(amiss, takenOverWithinMs, signal);
}

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
