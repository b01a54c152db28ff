import * as z from "zod";
import type { Layout } from "./layout.ts";
import { readRecord, writeRecord } from "./record.ts";

/** Confirmed bundles, oldest first; the last one is live. */
const History = z.array(z.strictObject({ bundle: z.string(), at: z.string() }));
export type History = z.infer<typeof History>;

/** So many bundles are remembered and stay on the host: the live one and those that a rollback may come to. */
export const keptBundles = 6;

export function readHistory(layout: Layout): History {
  return (readRecord(layout.history, History) ?? []).slice(-keptBundles);
}

export function writeHistory(layout: Layout, history: History): void {
  writeRecord(layout.history, history);
}

/** The history once `bundle` is live: a bundle that was live before moves to the end. */
export function confirmed(history: History, bundle: string, at: string): History {
  if (history.at(-1)?.bundle === bundle) return history;
  const others = history.filter((one) => one.bundle !== bundle);
  return [...others, { bundle, at }].slice(-keptBundles);
}

/**
 * The history once what came after `bundle` was taken back and it is live again. The same when it is asked twice:
 * a rollback that was killed is done again.
 */
export function takenBack(history: History, bundle: string, at: string): History {
  const index = history.findIndex((one) => one.bundle === bundle);
  if (index < 0 || index === history.length - 1) return confirmed(history, bundle, at);
  return [...history.slice(0, index), { bundle, at }];
}
