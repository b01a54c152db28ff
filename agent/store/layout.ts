import { chmodSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { Failure } from "../../base/failure.ts";
import { linkTarget, liveLink, pendingName, storePath } from "../../contract/bundle.ts";
import { exitStatuses } from "../errors.ts";
import { replaceLink, syncFolder } from "./durable.ts";
import { type Found, lookAt, statsOf } from "./found.ts";

/** Where the agent keeps its files, below the host's root. */
export interface Layout {
  readonly root: string;
  readonly store: string;
  /** One folder a bundle, named by its sha256: the files as they are live, and the bundle's own bytes. */
  readonly bundles: string;
  /** The symlink that makes a bundle the live one. */
  readonly current: string;
  /** What the host had before; its copies of files are beside it. */
  readonly before: string;
  /** Files that were edited on the host, as found. */
  readonly edited: string;
  readonly pending: string;
  readonly history: string;
  readonly reference: string;
  readonly newcomer: string;
  /** The services whose configuration on this host may be replaced. */
  readonly takeOver: string;
  readonly lock: string;
}

export function layoutOf(root: string): Layout {
  const store = join(root, storePath);
  return {
    root,
    store,
    bundles: join(store, "bundles"),
    current: join(store, liveLink),
    before: join(store, "before/before.json"),
    edited: join(store, "edited"),
    pending: join(store, pendingName),
    history: join(store, "history.json"),
    reference: join(store, "reference.json"),
    newcomer: join(store, "newcomer.json"),
    takeOver: join(store, "take-over.json"),
    lock: join(store, "lock"),
  };
}

/** The bundle's own bytes inside its folder: a bundle's paths cannot start with a dot, so the name is free. */
export const rawName = ".bundle.json";

/** Whether a live path is the agent's own link. */
export function isOurs(found: Found, path: string): boolean {
  return found.kind === "link" && found.target === linkTarget(path);
}

/**
 * Makes the store's folders. Daemons that run as other users walk through them to their own files but cannot
 * list them. Refuses a store that another user can write to or has turned into a link.
 */
export function openStore(layout: Layout): void {
  for (const path of [layout.store, layout.bundles]) {
    if (statsOf(path) === undefined) mkdirSync(path, { recursive: true });
    const stats = statsOf(path);
    if (!stats?.isDirectory() || stats.uid !== process.getuid?.() || (stats.mode & 0o022) !== 0) {
      throw new Failure(
        `${path} is not a folder that only root can write to: see who made it, move it away and apply again`,
      );
    }
    if ((stats.mode & 0o7777) !== 0o711) chmodSync(path, 0o711);
  }
}

/** Removes what killed runs left half staged. The caller holds the lock. */
export function sweepStaging(layout: Layout): void {
  for (const name of readdirSync(layout.bundles)) {
    if (name.startsWith(".staging-")) rmSync(join(layout.bundles, name), { recursive: true, force: true });
  }
}

/** The bundle that `current` points to; undefined before the first one. */
export function currentSha(layout: Layout): string | undefined {
  const found = lookAt(layout.current);
  if (found.kind === "nothing") return undefined;
  const sha = found.kind === "link" ? basename(found.target) : "";
  if (/^[0-9a-f]{64}$/.test(sha)) return sha;
  throw new Failure(
    `${layout.current} does not point to a bundle: move it away and apply again`,
    exitStatuses.needsHuman,
  );
}

/** Makes a bundle live: the one step at which the live files change. */
export function swapTo(layout: Layout, sha: string | undefined): void {
  if (sha === currentSha(layout)) return;
  if (sha === undefined) {
    rmSync(layout.current, { force: true });
    syncFolder(layout.store);
  } else {
    replaceLink(layout.current, `bundles/${sha}`);
  }
}
