import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { keptBundles } from "./history.ts";
import type { Layout } from "./layout.ts";
import { statsOf } from "./present.ts";

/**
 * Removes old bundles from the host, but none of `needed`. The newest of the others, which were taken back, skipped
 * or refused, fill up what is left of the bundles kept.
 */
export function prune(layout: Layout, needed: ReadonlySet<string>): void {
  const age = (sha: string): number => statsOf(join(layout.bundles, sha))?.mtimeMs ?? 0;
  const others = readdirSync(layout.bundles)
    .filter((name) => !needed.has(name))
    .sort((one, other) => age(other) - age(one));
  for (const name of others.slice(Math.max(keptBundles - needed.size, 0)))
    rmSync(join(layout.bundles, name), { recursive: true, force: true });
}
