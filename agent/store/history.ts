import * as z from "zod";
import type { Layout } from "./layout.ts";
import { readRecord, writeRecord } from "./record.ts";

/** Confirmed bundles, oldest first; the last one is live. */
const History = z.array(z.strictObject({ bundle: z.string(), at: z.string() }));
export type History = z.infer<typeof History>;

export function readHistory(layout: Layout): History {
  return readRecord(layout.history, History) ?? [];
}

export function writeHistory(layout: Layout, history: History): void {
  writeRecord(layout.history, history);
}

/** The history once `bundle` is live: a bundle that was live before moves to the end. */
export function confirmed(history: History, bundle: string, at: string): History {
  const last = history.at(-1);
  if (last?.bundle === bundle) return history;
  return [...history.filter((one) => one.bundle !== bundle), { bundle, at }];
}

/** The history once its last bundle was taken back and the one before it is live again. */
export function takenBack(history: History, at: string): History {
  const kept = history.slice(0, -1);
  const last = kept.at(-1);
  return last ? [...kept.slice(0, -1), { bundle: last.bundle, at }] : [];
}
