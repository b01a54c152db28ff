import { existsSync, statfsSync } from "node:fs";
import { dirname } from "node:path";

/** An error of a system call on a file, as Node throws it. */
interface FileError extends Error {
  readonly code: string;
  readonly path?: string;
  /** Where a link or a rename leads to; then `path` may be a link's text. */
  readonly dest?: string;
}

/** Sockets and programs fail with some of the same codes, but with other remedies. */
const otherCalls = /^(?:connect|listen|bind|getaddrinfo|kill|spawn)/;

export function isFileError(error: unknown): error is FileError {
  if (!(error instanceof Error && "code" in error && "syscall" in error)) return false;
  return !otherCalls.test(String(error.syscall)) && Object.hasOwn(causes, String(error.code));
}

/** Why the system refused to read or write a file, for a person. */
interface FileFault {
  readonly path: string;
  /** What was found, with the system's name for it: `the disk is full, 0 MB of 64 MB are free (ENOSPC)`. */
  readonly found: string;
  readonly remedy: string;
}

/**
 * Such an error in words; undefined for any other.
 * @param near the path that is named where the error has none
 */
export function fileFault(error: unknown, near: string): FileFault | undefined {
  if (!isFileError(error)) return undefined;
  const { code } = error;
  const path = error.dest ?? error.path ?? near;
  const [found, remedy] = (code === "ENOSPC" ? full(path) : causes[code]) ?? [error.message, ""];
  return { path: shortened(path), found: `${found} (${code})`, remedy };
}

/** The same as one sentence; for an error of another kind, its message. */
export function fileFaultWords(error: unknown, near: string): string {
  const fault = fileFault(error, near);
  if (fault === undefined) return error instanceof Error ? error.message : String(error);
  return `${fault.path}: ${fault.found}: ${fault.remedy}`;
}

const causes: Readonly<Record<string, readonly [found: string, remedy: string]>> = {
  EACCES: ["access is denied", "correct its owner and mode"],
  ENOSPC: ["the disk is full", "make room on it"],
  EDQUOT: ["the disk quota is used up", "raise it or remove files"],
  EIO: ["the disk reports an error", "see journalctl -k and replace the disk"],
  EISDIR: ["it is a folder", "move it away or name a file"],
  ELOOP: ["it is a symbolic link, or its links form a circle", "see who made it and remove it"],
  EEXIST: ["something is there already", "move it away"],
  ENAMETOOLONG: ["the name is too long", "use a shorter one"],
  ENFILE: ["the system has too many open files", "raise fs.file-max or end what holds them"],
  ENOENT: ["it does not exist", "create it or correct the path"],
  ENOTDIR: ["a folder of this path is a file", "move that file away or correct the path"],
  ENOTEMPTY: ["the folder has files that do not belong there", "move them away"],
  EPERM: ["the change is not permitted", "see lsattr and the mount options"],
  EROFS: ["the file system is mounted read-only", "see its reason in journalctl -k and mount it writable"],
};

function full(path: string): (typeof causes)[string] | undefined {
  const space = spaceOf(path);
  if (space === undefined) return causes.ENOSPC;
  const { bytes, inodes } = space;
  if (inodes && inodes.free === 0 && bytes.free > 0)
    return [
      `the file system has no free inodes, of ${inodes.total}`,
      "remove folders with many small files from it",
    ];
  return [`the disk is full, ${size(bytes.free)} of ${size(bytes.total)} are free`, "make room on it"];
}

interface Amount {
  readonly free: number;
  readonly total: number;
}

/**
 * What a file system has left for users other than root; undefined where that cannot be read. Its inodes are undefined
 * where it makes them as needed.
 * @param path the nearest folder above it that exists counts
 */
export function spaceOf(
  path: string,
): { readonly bytes: Amount; readonly inodes: Amount | undefined } | undefined {
  let at = path;
  while (!existsSync(at) && at !== dirname(at)) at = dirname(at);
  try {
    const { bsize, blocks, bavail, files, ffree } = statfsSync(at);
    return {
      bytes: { free: bavail * bsize, total: blocks * bsize },
      inodes: files > 0 ? { free: ffree, total: files } : undefined,
    };
  } catch {
    return undefined;
  }
}

/** A number of bytes as `120 MB` or `10.0 GB` (decimal). */
export function size(bytes: number): string {
  return bytes < 10e9 ? `${Math.floor(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A path that fits into a sentence. */
function shortened(path: string): string {
  return path.length <= 160 ? path : `${path.slice(0, 80)}…${path.slice(-40)}`;
}
