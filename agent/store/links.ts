import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { badInput } from "../errors.ts";
import type { System } from "../host/system.ts";
import { replaceLink, syncFolder } from "./durable.ts";
import { type Found, keepCopy, lookAt, putBack } from "./found.ts";
import { type Layout, linkTarget } from "./layout.ts";

/** Whether a live path is the agent's own link. */
function isOurs(found: Found, path: string): boolean {
  return found.kind === "link" && found.target === linkTarget(path);
}

/** Refuses paths at which the host has something that a rename cannot replace. */
export function refuseUnlinkable(layout: Layout, paths: readonly string[]): void {
  for (const path of paths) {
    if (lookAt(join(layout.root, path)).kind === "other") {
      throw badInput(`/${path} is a folder or a device on this host: move it away and apply again`);
    }
  }
}

/**
 * Makes every live path a link to `current`, and restores the distribution's file at paths that are no longer wanted.
 * The distribution's file is kept before it is first replaced; `managed` are the paths where that may have happened
 * already.
 */
export function relink(
  host: System,
  layout: Layout,
  wanted: readonly string[],
  dropped: readonly string[],
  managed: ReadonlySet<string>,
): void {
  for (const path of wanted) {
    const live = join(layout.root, path);
    const found = lookAt(live);
    if (isOurs(found, path)) continue;
    const original = join(layout.original, path);
    const isFirst = !managed.has(path) || lookAt(original).kind === "nothing";
    if (isFirst && found.kind !== "nothing") keepCopy(found, original);
    host.reached(`kept ${path}`);
    mkdirSync(dirname(live), { recursive: true, mode: 0o755 });
    replaceLink(live, linkTarget(path));
    host.reached(`linked ${path}`);
  }
  for (const path of dropped) {
    const live = join(layout.root, path);
    const original = join(layout.original, path);
    const kept = lookAt(original);
    if (kept.kind !== "nothing") {
      putBack(kept, live);
      rmSync(original, { force: true });
    } else if (isOurs(lookAt(live), path)) {
      rmSync(live, { force: true });
      syncFolder(dirname(live));
    }
    host.reached(`dropped ${path}`);
  }
}
