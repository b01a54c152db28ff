import { run } from "../machine.ts";
import { waitUntil } from "../time.ts";
import type { Kind, Preparation } from "./kind.ts";

const takenOverWithinMs = 5000;

/** Waits until another node than the failing one holds the address: the takeover is over. */
export function takenOver({
  holder,
  watch,
  signal,
}: Pick<Preparation, "holder" | "watch" | "signal">): Promise<void> {
  const problem = () =>
    watch.holders().some((node) => node !== holder) ? undefined : `no node took over from ${holder}`;
  return waitUntil(problem, takenOverWithinMs, signal);
}

/**
 * Moves the address to another node before every second round. After a thaw or a heal the node with the highest
 * priority wins: without this the others would never be the one that fails.
 */
export const otherHolder: NonNullable<Kind["prepare"]> = async (preparation) => {
  const { pair, index, holder, watch, healthy } = preparation;
  if (index % 2 === 0) return holder;
  await run(pair.lab, holder, ["systemctl", "restart", "keepalived"]);
  await takenOver(preparation);
  await healthy();
  return watch.holders()[0] ?? holder;
};
