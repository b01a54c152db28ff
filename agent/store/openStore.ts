import { chmodSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AgentError, exitStatuses } from "../errors.ts";
import type { Layout } from "./layout.ts";
import { statsOf } from "./present.ts";

/**
 * Makes the store's folders. Daemons that run as other users walk through them to their own files but cannot
 * list them. Refuses a store that somebody else could write to or has turned into a link.
 */
export function openStore(layout: Layout): void {
  for (const path of [layout.store, layout.bundles]) {
    if (statsOf(path) === undefined) mkdirSync(path, { recursive: true });
    const stats = statsOf(path);
    if (!stats?.isDirectory() || stats.uid !== process.getuid?.() || (stats.mode & 0o022) !== 0) {
      throw new AgentError(
        exitStatuses.failed,
        `${path} is not a folder that only root can write to: see who made it, move it away and apply again`,
      );
    }
    chmodSync(path, 0o711);
  }
}

/** Drops what killed runs left half staged. Only under the lock. */
export function sweepStaging(layout: Layout): void {
  for (const name of readdirSync(layout.bundles)) {
    if (name.startsWith(".staging-")) rmSync(join(layout.bundles, name), { recursive: true, force: true });
  }
}
