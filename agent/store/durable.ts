import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { isFileError } from "../../base/fileErrors.ts";

const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_WRONLY } = constants;

export interface Access {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Owned by this process's user, with these permission bits. */
export function own(mode: number): Access {
  return { mode, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
}

export function syncFolder(path: string): void {
  const folder = openSync(path, O_RDONLY | O_DIRECTORY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Creates a file that must not exist yet, following no link; on disk when this returns. */
export function createFile(path: string, content: string | Buffer, access: Access): void {
  const file = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    let rest = Buffer.from(content);
    while (rest.length > 0) rest = rest.subarray(writeSync(file, rest));
    // The owner first: chown clears set-id bits, and the mode then opens the file to the right user only.
    fchownSync(file, access.uid, access.gid);
    fchmodSync(file, access.mode);
    fsyncSync(file);
  } catch (error) {
    // Half a file takes room on a full disk. The calls on an open file name no path in their errors.
    rmSync(path, { force: true });
    throw isFileError(error) ? Object.assign(error, { path }) : error;
  } finally {
    closeSync(file);
  }
}

/** Replaces a file, or a link, by a rename: readers see the old one or the new one whole. */
export function replaceFile(path: string, content: string | Buffer, access: Access): void {
  const next = besides(path);
  createFile(next, content, access);
  renameSync(next, path);
  syncFolder(dirname(path));
}

/** Replaces whatever file or link is at `path` by a link. */
export function replaceLink(path: string, target: string): void {
  const next = besides(path);
  symlinkSync(target, next);
  renameSync(next, path);
  syncFolder(dirname(path));
}

/** A free name in the same folder; what a killed run left under that name is removed. */
function besides(path: string): string {
  const next = `${path}.hapair-new`;
  rmSync(next, { force: true, recursive: true });
  return next;
}
