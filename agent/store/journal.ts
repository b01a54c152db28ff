import { rmSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { syncFolder } from "./durable.ts";
import type { Layout } from "./layout.ts";
import { readRecord, writeRecord } from "./record.ts";

/** What a transaction must not forget when it is killed. */
const Journal = z.strictObject({
  /** The last bundle that was confirmed; null before the first one. */
  from: z.nullable(z.string()),
  to: z.string(),
  direction: z.enum(["forward", "back"]),
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
