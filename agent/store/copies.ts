import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { replaceFile, replaceLink } from "./durable.ts";
import type { Present } from "./present.ts";

/** Keeps a copy of what was found, in folders that only root can enter; an older copy gives way. */
export function keepCopy(found: Present, path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  putBack(found, path);
}

/** Puts a kept copy back to where it was. */
export function putBack(copy: Present, path: string): void {
  if (copy.kind === "file") replaceFile(path, copy.content, copy.access);
  if (copy.kind === "link") replaceLink(path, copy.target);
}
