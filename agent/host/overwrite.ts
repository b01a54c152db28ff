import { closeSync, fdatasyncSync, ftruncateSync, openSync, writeSync } from "node:fs";

/**
 * Replaces the content of a file that exists, in place: the daemon may write such a file and not its folder, which is
 * root's. One write does it, so a reader sees the old content or the new one where both have the same length. Throws the
 * file's error.
 */
export function overwrite(path: string, text: string): void {
  const file = openSync(path, "r+");
  try {
    writeSync(file, text, 0);
    ftruncateSync(file, Buffer.byteLength(text));
    fdatasyncSync(file);
  } finally {
    closeSync(file);
  }
}
