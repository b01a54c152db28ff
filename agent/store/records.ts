import { readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import * as z from "zod";
import { Failure, messageOf } from "../../base/failure.ts";
import { fileFault } from "../../base/fileErrors.ts";
import { exitStatuses } from "../errors.ts";
import { own, replaceFile, syncFolder } from "./durable.ts";
import { statsOf } from "./found.ts";
import type { Layout } from "./layout.ts";

/** Reads a JSON record of the store; undefined where there is none. */
export function readRecord<Shape extends z.ZodType>(path: string, shape: Shape): z.output<Shape> | undefined {
  if (statsOf(path) === undefined) return undefined;
  try {
    return shape.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    // Records are replaced by rename: only an edit by hand or a broken disk leaves one like this.
    throw new Failure(
      `${path} cannot be read (${reasonOf(error, path)}): move it away and apply again`,
      exitStatuses.needsHuman,
    );
  }
}

function reasonOf(error: unknown, path: string): string {
  const reason = error instanceof z.ZodError ? z.prettifyError(error) : messageOf(error);
  return fileFault(error, path)?.found ?? reason.replace(/\s+/g, " ");
}

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256");

/** Replaces a JSON record that only root reads; on disk when this returns. */
export function writeRecord(path: string, record: object): void {
  replaceFile(path, `${JSON.stringify(record, null, 2)}\n`, own(0o600));
}

/** Confirmed bundles, oldest first; the last one is live. */
export const History = z.array(z.strictObject({ bundle: Sha256, at: z.string() }));
export type History = z.infer<typeof History>;

/** Number of bundles that stay on the host: the live one and those that a rollback can return to. */
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
 * The history after a rollback to `bundle`. Idempotent: a rollback that was killed runs again.
 */
export function takenBack(history: History, bundle: string, at: string): History {
  const index = history.findIndex((one) => one.bundle === bundle);
  if (index < 0 || index === history.length - 1) return confirmed(history, bundle, at);
  return [...history.slice(0, index), { bundle, at }];
}

/** An apply moves on to a bundle, a rollback returns to an earlier one. */
const Kind = z.enum(["apply", "rollback"]);
export type Kind = z.infer<typeof Kind>;

/** What finishing a killed transaction needs. A record of an older agent has other keys, and no kind. */
const Pending = z.object({
  kind: Kind.default("apply"),
  /** The last bundle that was confirmed; null before the first one. */
  from: z.nullable(Sha256),
  to: Sha256,
  startedAt: z.string(),
  /** Paths whose daemons may run on either content. */
  touched: z.array(z.string()),
  /** Paths that may be links to `current`. */
  linked: z.array(z.string()),
  /** Units of either bundle that ran before it began. */
  ran: z.array(z.string()),
});
export type Pending = z.infer<typeof Pending>;

/** The transaction that has not ended, if there is one. */
export function unfinished(layout: Layout): Pending | undefined {
  return readRecord(layout.pending, Pending);
}

export function writePending(layout: Layout, pending: Pending): void {
  writeRecord(layout.pending, pending);
}

export function clearPending(layout: Layout): void {
  rmSync(layout.pending, { force: true });
  syncFolder(dirname(layout.pending));
}

/**
 * The bundle to return to after a transaction that was interrupted: the one that it started from, or its own if that
 * was already proven.
 */
export function lastConfirmed({ from, to }: Pending, history: History): string | undefined {
  return history.at(-1)?.bundle === to ? to : (from ?? undefined);
}
