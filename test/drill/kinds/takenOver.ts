import type { Stage } from "../scene.ts";
import { waitUntil } from "../waitUntil.ts";

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
