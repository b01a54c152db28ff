import { closeSync, openSync, readFileSync, writeSync } from "node:fs";

/**
 * Says in keepalived's track file whether this node is unfit for the virtual address. Written in place: keepalived
 * watches the file itself, and the agent owns nothing of its folder. Throws the file's error.
 */
export function writeTrackFile(path: string, unfit: boolean): void {
  const text = unfit ? "1\n" : "0\n";
  if (readFileSync(path, "utf8") === text) return;
  const file = openSync(path, "r+");
  try {
    writeSync(file, text, 0);
  } finally {
    closeSync(file);
  }
}
