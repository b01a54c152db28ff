import { lstatSync, mkdirSync, readFileSync, readlinkSync, type Stats } from "node:fs";
import { dirname } from "node:path";
import { isFileError } from "../../base/fileErrors.ts";
import { type Access, replaceFile, replaceLink } from "./durable.ts";

/** What is found at a path, links not followed. */
export type Found =
  | { readonly kind: "nothing" }
  | { readonly kind: "file"; readonly content: Buffer; readonly access: Access }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "other" };

export function lookAt(path: string): Found {
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

/** lstat, or undefined where nothing is: also below a file. */
export function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false });
  } catch (error) {
    if (isFileError(error) && error.code === "ENOTDIR") return undefined;
    throw error;
  }
}

/** Keeps a copy of what was found, in folders that only root can enter; it replaces an older copy. */
export function keepCopy(found: Found, path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  putBack(found, path);
}

/** Puts a kept copy back to where it was. */
export function putBack(copy: Found, path: string): void {
  if (copy.kind === "file") replaceFile(path, copy.content, copy.access);
  if (copy.kind === "link") replaceLink(path, copy.target);
}
