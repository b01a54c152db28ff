import { unhealthy } from "../../drills/observe/health.ts";
import type { HolderWatch } from "../../drills/observe/watchHolders.ts";
import type { DrilledPair } from "../../drills/pair.ts";
import { waitUntil } from "../../drills/time.ts";

/** A running pair while it is measured. */
export interface Ground {
  readonly pair: DrilledPair;
  readonly watch: HolderWatch;
  readonly signal: AbortSignal;
  /** Tells how far the measurement is. */
  tell(sentence: string): void;
}

/** Includes what a stress leaves behind. */
const healthyWithinMs = 60_000;

/** Waits until the pair is well. @returns the holder */
export async function holderOf({ pair, watch, signal }: Ground): Promise<string> {
  await waitUntil(() => unhealthy(pair, watch), healthyWithinMs, signal, 100);
  const [holder = ""] = watch.holders();
  return holder;
}
