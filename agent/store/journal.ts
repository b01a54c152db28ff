import { rmSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { syncFolder } from "./durable.ts";
import type { History } from "./history.ts";
import type { Layout } from "./layout.ts";
import { readRecord, writeRecord } from "./record.ts";

/** An apply moves on to a bundle, a rollback takes back what came after it. */
const Kind = z.enum(["apply", "rollback"]);
export type Kind = z.infer<typeof Kind>;

/** What a transaction must not forget when it is killed. One of an older program has other keys, and no kind. */
const Journal = z.object({
  kind: Kind.default("apply"),
  /** The last bundle that was confirmed; null before the first one. */
  from: z.nullable(z.string()),
  to: z.string(),
  startedAt: z.string(),
  /** Paths whose daemons may run on either content. */
  touched: z.array(z.string()),
  /** Paths that may be links to `current`. */
  linked: z.array(z.string()),
  /** Units of either bundle that ran before it began. */
  ran: z.array(z.string()),
});
export type Journal = z.infer<typeof Journal>;

/** The transaction that never ended, if there is one. */
export function unfinished(layout: Layout): Journal | undefined {
  return readRecord(layout.journal, Journal);
}

export function writeJournal(layout: Layout, journal: Journal): void {
  writeRecord(layout.journal, journal);
}

export function closeJournal(layout: Layout): void {
  rmSync(layout.journal, { force: true });
  syncFolder(dirname(layout.journal));
}

/**
 * The bundle to go back to after a transaction that never ended: the one that it came from, or where it was killed
 * once its own was proven, that.
 */
export function lastConfirmed({ from, to }: Journal, history: History): string | undefined {
  return history.at(-1)?.bundle === to ? to : (from ?? undefined);
}
