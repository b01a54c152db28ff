import { rmSync } from "node:fs";
import * as z from "zod";
import type { Layout } from "./layout.ts";
import { readRecord, writeRecord } from "./records.ts";
import { rollOutMs } from "./reference.ts";

/** That this host was new to a pair that ran when the roll-out began. */
const Newcomer = z.object({ foundAt: z.iso.datetime() });

export function isNewcomer(layout: Layout, now: Date): boolean {
  const found = readRecord(layout.newcomer, Newcomer);
  if (found === undefined) return false;
  const ageMs = now.getTime() - Date.parse(found.foundAt);
  return ageMs >= 0 && ageMs < rollOutMs;
}

export function rememberNewcomer(layout: Layout, now: Date): void {
  writeRecord(layout.newcomer, { foundAt: now.toISOString() });
}

/** It has joined, or is none. */
export function forgetNewcomer(layout: Layout): void {
  rmSync(layout.newcomer, { force: true });
}
