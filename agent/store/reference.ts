import { rmSync } from "node:fs";
import * as z from "zod";
import type { Layout } from "./layout.ts";
import { readRecord, writeRecord } from "./records.ts";

/**
 * That a query got through this host before the roll-out changed any host. Without it, a step of the roll-out that
 * breaks the data path on another host would excuse the failure of a later step here.
 */
const Reference = z.object({
  answeredAt: z.iso.datetime(),
  /** What of the pool's port for sessions let no query through, and why; absent where it did, or where there is none. */
  sessionsFail: z.optional(z.object({ through: z.string(), fails: z.string() })),
});
export type Reference = z.infer<typeof Reference>;

/** A roll-out that takes longer than this has been given up. */
const forgottenMs = 3_600_000;

/** What got through, while the roll-out that measured it has not ended here; undefined otherwise. */
export function answeredBefore(layout: Layout, now: Date): Reference | undefined {
  const found = readRecord(layout.reference, Reference);
  if (found === undefined) return undefined;
  const ageMs = now.getTime() - Date.parse(found.answeredAt);
  return ageMs >= 0 && ageMs < forgottenMs ? found : undefined;
}

export function rememberAnswer(layout: Layout, reference: Reference): void {
  writeRecord(layout.reference, reference);
}

/** The roll-out has ended here. */
export function forgetAnswer(layout: Layout): void {
  rmSync(layout.reference, { force: true });
}
