import { readFileSync } from "node:fs";
import { mapEntries, putMapEntry, readMap } from "../../haproxy/maps.ts";
import type { RuntimeClient } from "../../haproxy/runtime.ts";
import { overwrite } from "../../host/overwrite.ts";

const key = "preferred";
/** How often haproxy's map is read again: somebody may have cleared it. */
const lookAgainMs = 10_000;

export interface Preference {
  /**
   * Makes haproxy prefer a server, now and after its next reload or restart: the map file first, which a new worker
   * reads, then the map of the worker that serves. Writes only what differs. Rejects with a RuntimeError or with the
   * file's error; if one fails the other is still done.
   */
  set(server: string): Promise<void>;
  /** haproxy's map may have changed: it is read before the next change. */
  forget(): void;
}

export function openPreference(mapFile: string, runtime: RuntimeClient): Preference {
  let onDisk = readMapFile(mapFile);
  /** What haproxy's map says; undefined where it has to be read. */
  let current: string | null | undefined;
  let lookedAtMs = 0;

  function write(server: string): void {
    if (onDisk === server) return;
    writeMapFile(mapFile, `${key} ${server}\n`);
    onDisk = server;
  }

  async function tell(server: string): Promise<void> {
    if (current === undefined || performance.now() - lookedAtMs > lookAgainMs) {
      current = undefined;
      current = (await readMap(runtime, mapFile)).get(key) ?? null;
      lookedAtMs = performance.now();
    }
    if (current === server) return;
    // After a failure half-way the content of the map is unknown.
    const had = current;
    current = undefined;
    await putMapEntry(runtime, mapFile, { key, value: server, isNew: had === null });
    current = server;
  }

  return {
    set: async (server) => {
      try {
        write(server);
      } finally {
        await tell(server);
      }
    },
    forget: () => {
      current = undefined;
    },
  };
}

/** The server that haproxy's map names, out of `show map`; null where it has no entry. */
export function preferredOf(answer: string): string | null {
  return mapEntries(answer).get(key) ?? null;
}

/** Longer than any entry. */
const mapBytes = 128;

/**
 * Every content has the same length, so that a worker that starts meanwhile reads the old entry or the new one. Throws the
 * file's error.
 */
function writeMapFile(path: string, entry: string): void {
  overwrite(path, `${entry.padEnd(mapBytes - 1, "#")}\n`);
}

function readMapFile(path: string): string | null {
  try {
    return new RegExp(`^${key} (\\S+)$`, "m").exec(readFileSync(path, "utf8"))?.[1] ?? null;
  } catch {
    return null;
  }
}
