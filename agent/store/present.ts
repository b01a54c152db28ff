import { lstatSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import type { Access } from "./durable.ts";

/** What is found at a path, links not followed. */
export type Present =
  | { readonly kind: "nothing" }
  | { readonly kind: "file"; readonly content: Buffer; readonly access: Access }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "other" };

export function present(path: string): Present {
  const stats = statsOf(path);
  if (stats === undefined) return { kind: "nothing" };
  if (stats.isSymbolicLink()) return { kind: "link", target: readlinkSync(path) };
  if (!stats.isFile()) return { kind: "other" };
  return {
    kind: "file",
    content: readFileSync(path),
    access: { mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid },
  };
}

/** lstat, or undefined where nothing is. */
export function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
