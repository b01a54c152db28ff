import { readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileFaultWords } from "../../base/fileErrors.ts";
import type { System } from "../host/system.ts";
import { type Before, restoreFile } from "../store/before.ts";
import { syncFolder } from "../store/durable.ts";
import { statsOf } from "../store/found.ts";
import type { Layout } from "../store/layout.ts";

/** Runs a step; what it throws is a trouble, and the other steps go on. */
export type Attempt = (work: () => unknown) => Promise<void>;

/** @param near the path that is named where the error of a file has none */
export function attemptInto(troubles: string[], near: string): Attempt {
  return async (work) => {
    try {
      await work();
    } catch (error) {
      troubles.push(fileFaultWords(error, near));
    }
  };
}

/** Restores every file of the record. */
export async function restoreAll(
  host: System,
  layout: Layout,
  before: Before,
  attempt: Attempt,
): Promise<void> {
  for (const path of Object.keys(before.files)) {
    await attempt(() => restoreFile(layout, before, path));
    host.reached(`restored ${path}`);
  }
}

/** Removes what systemd and the daemons have made, and the folders that are empty without it. */
export async function removeMade(
  host: System,
  { root }: Layout,
  { made, folders }: Before,
  attempt: Attempt,
): Promise<void> {
  const missing = (entries: Readonly<Record<string, boolean>>): string[] =>
    Object.keys(entries)
      .filter((path) => entries[path] === false)
      .map((path) => join(root, path));
  for (const path of missing(made)) {
    await attempt(() => rmSync(path, { recursive: true, force: true }));
    host.reached(`removed ${path}`);
  }
  // The innermost first.
  for (const path of missing(folders).sort().reverse()) {
    await attempt(() => removeIfEmpty(path));
    host.reached(`removed ${path}`);
  }
}

function removeIfEmpty(path: string): void {
  if (!statsOf(path)?.isDirectory() || readdirSync(path).length > 0) return;
  rmdirSync(path);
  syncFolder(dirname(path));
}
