import { rmSync } from "node:fs";
import * as z from "zod";
import type { Layout } from "./layout.ts";
import { readRecord, writeRecord } from "./records.ts";

/**
 * That this host was new to a pair that ran when its bundle was checked. A roll-out that is interrupted and goes on days
 * later does not check it again, so that this holds until the node has joined.
 */
const Newcomer = z.object({ foundAt: z.iso.datetime() });

export function isNewcomer(layout: Layout): boolean {
  return readRecord(layout.newcomer, Newcomer) !== undefined;
}

export function rememberNewcomer(layout: Layout, now: Date): void {
  writeRecord(layout.newcomer, { foundAt: now.toISOString() });
}

/** It has joined, or is none. */
export function forgetNewcomer(layout: Layout): void {
  rmSync(layout.newcomer, { force: true });
}
