import { rmSync } from "node:fs";
import * as z from "zod";
import type { Layout } from "./layout.ts";
import { readRecord, writeRecord } from "./records.ts";

/**
 * That a query got through this host before the roll-out changed any host. Without it, a step of the roll-out that
 * breaks the data path on another host would excuse the failure of a later step here.
 */
const Reference = z.object({ answeredAt: z.iso.datetime() });

/** A roll-out that takes longer than this has been given up. */
const forgottenMs = 3_600_000;

/** When a query got through, while the roll-out that measured it has not ended here; undefined otherwise. */
export function answeredBefore(layout: Layout, now: Date): string | undefined {
  const found = readRecord(layout.reference, Reference);
  if (found === undefined) return undefined;
  const ageMs = now.getTime() - Date.parse(found.answeredAt);
  return ageMs >= 0 && ageMs < forgottenMs ? found.answeredAt : undefined;
}

export function rememberAnswer(layout: Layout, now: Date): void {
  writeRecord(layout.reference, { answeredAt: now.toISOString() } satisfies z.input<typeof Reference>);
}

/** The roll-out has ended here. */
export function forgetAnswer(layout: Layout): void {
  rmSync(layout.reference, { force: true });
}
