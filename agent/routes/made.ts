import { createHash } from "node:crypto";
import { readIfThere, writeAtomically } from "../../base/files.ts";

/**
 * What of its config a node has made in the table, remembered on its disk. A node that has made it once, and finds something
 * else, has the older config: in the middle of a roll-out, or after a long absence.
 */
export interface Made {
  /** Whether it was this config's; null where nothing was made before. */
  isSo(): boolean | null;
  /** It is made now. Throws where that cannot be written. */
  note(): void;
}

/** @param file absolute path @param content of the config, which JSON can say */
export function openMade(file: string, content: unknown): Made {
  const list = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  let isSo = readMade(file, list);
  return {
    isSo: () => isSo,
    note: () => {
      if (isSo === true) return;
      writeAtomically(file, `${JSON.stringify({ list })}\n`);
      isSo = true;
    },
  };
}

function readMade(file: string, list: string): boolean | null {
  try {
    const text = readIfThere(file);
    return text === undefined ? null : JSON.parse(text).list === list;
  } catch {
    // It is made again, which changes nothing where it was made before.
    return false;
  }
}
