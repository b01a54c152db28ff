import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Layout } from "./layout.ts";
import { statsOf } from "./present.ts";

/** Old bundles kept beside the live one. */
const keep = 5;

/** Removes the oldest bundles; those in `needed` stay, newest of the rest first. */
export function prune(layout: Layout, needed: ReadonlySet<string>, live: string): void {
  const age = (sha: string): number => statsOf(join(layout.bundles, sha))?.mtimeMs ?? 0;
  const old = readdirSync(layout.bundles)
    .filter((name) => name !== live)
    .sort((one, other) => Number(needed.has(other)) - Number(needed.has(one)) || age(other) - age(one));
  for (const name of old.slice(keep)) rmSync(join(layout.bundles, name), { recursive: true, force: true });
}
