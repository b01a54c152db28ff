import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { Failure } from "../../../base/failure.ts";
import { fileFaultWords, isFileError } from "../../../base/fileErrors.ts";

/** A log with ten thousand routes has some 10 MB. */
const mostBytes = 256 * 1024 * 1024;

/**
 * The log belongs to the daemon's user, who could put anything in its place: a link leads nowhere, a pipe keeps nobody
 * waiting, and a file of any size fits into memory.
 */
export function readAsRoot(path: string): Buffer {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile() || stats.size > mostBytes)
        throw new Failure(`${path} is no log of routes, but ${kindOf(stats)}: see who made it and remove it`);
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (isFileError(error) && error.code === "ENOENT") return Buffer.alloc(0);
    throw isFileError(error) ? new Failure(fileFaultWords(error, path)) : error;
  }
}

function kindOf(stats: ReturnType<typeof fstatSync>): string {
  return stats.isFile() ? `a file of ${stats.size} bytes` : "something other than a file";
}
