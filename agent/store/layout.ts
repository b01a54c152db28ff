import { join } from "node:path";
import { journalName, liveLink, storePath } from "../../topology/bundle.ts";

/** Where the agent keeps what it knows, below the host's root. */
export interface Layout {
  readonly root: string;
  readonly store: string;
  /** One folder a bundle, named by its sha256: the files as they are live, and the bundle's own bytes. */
  readonly bundles: string;
  /** The symlink that makes a bundle the live one. */
  readonly current: string;
  /** Files of the distribution as they were before a bundle's took their place. */
  readonly original: string;
  /** Files that somebody edited on the host, as found. */
  readonly edited: string;
  readonly journal: string;
  readonly history: string;
  readonly lock: string;
}

export function layoutOf(root: string): Layout {
  const store = join(root, storePath);
  return {
    root,
    store,
    bundles: join(store, "bundles"),
    current: join(store, liveLink),
    original: join(store, "original"),
    edited: join(store, "edited"),
    journal: join(store, journalName),
    history: join(store, "history.json"),
    lock: join(store, "lock"),
  };
}

/** The bundle's own bytes inside its folder: a bundle's paths cannot start with a dot, so the name is free. */
export const rawName = ".bundle.json";

/** What the live path of a bundle's file points to; it names `current`, so that one swap moves every file. */
export function linkTarget(path: string): string {
  return `/${storePath}/${liveLink}/${path}`;
}
