import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { Failure } from "../../base/failure.ts";
import { fileFaultWords, size, spaceOf } from "../../base/fileErrors.ts";
import { type Before, missingCopy, missingRoom } from "../store/before.ts";
import type { Layout } from "../store/layout.ts";

/**
 * Refuses a give-back that could not restore files, before it stops anything: a copy is gone, a file system is full or
 * cannot be written. Throws a Failure with every reason.
 */
export function refuseUnrestorable(layout: Layout, before: Before): void {
  const paths = Object.keys(before.files);
  const reasons = [
    ...paths.flatMap((path) => missingCopy(layout, before, path) ?? []),
    ...unwritable(layout, paths),
    ...full(layout, before, paths),
  ];
  if (reasons.length === 0) return;
  throw new Failure(`nothing was changed, this host cannot be given back yet:\n  ${reasons.join("\n  ")}`);
}

function unwritable({ root }: Layout, paths: readonly string[]): readonly string[] {
  return [...new Set(paths.map((path) => existingFolder(join(root, path))))].flatMap((folder) => {
    try {
      accessSync(folder, constants.W_OK);
      return [];
    } catch (error) {
      return [`${fileFaultWords(error, folder)}, then run hapair give-back again`];
    }
  });
}

/** Each file is written beside its link before it replaces it. */
function full(layout: Layout, before: Before, paths: readonly string[]): readonly string[] {
  const needed = new Map<number, { folder: string; bytes: number }>();
  for (const path of paths) {
    const folder = existingFolder(join(layout.root, path));
    const { dev, blksize } = statSync(folder);
    const bytes = Math.ceil(missingRoom(layout, before, path) / blksize) * blksize;
    needed.set(dev, { folder, bytes: bytes + (needed.get(dev)?.bytes ?? 0) });
  }
  return [...needed.values()].flatMap(({ folder, bytes }) => {
    const free = spaceOf(folder)?.bytes.free ?? Number.POSITIVE_INFINITY;
    if (bytes === 0 || free >= bytes) return [];
    return [
      `${folder}: its file system has ${size(free)} free, the files to restore need ${size(bytes)}: make room on it, then run hapair give-back again`,
    ];
  });
}

function existingFolder(path: string): string {
  let folder = dirname(path);
  while (!existsSync(folder)) folder = dirname(folder);
  return folder;
}
