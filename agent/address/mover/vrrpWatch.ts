import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { VrrpState } from "../../../contract/addressPage.ts";
import { vrrpStateIn } from "../hold.ts";

/** What keepalived's file says. */
interface Vrrp {
  /** Null while keepalived does not run. */
  readonly state: VrrpState | null;
  /** When that was written, epoch, ms: tells one time in a state from another, over a reboot too. Null without a state. */
  readonly atMs: number | null;
}

export interface VrrpWatch {
  /** Throws the error of a file that cannot be read. */
  read(): Vrrp;
  close(): void;
}

/**
 * Calls `onChange` within ms when a script of keepalived writes its state. The folder is watched, because the file comes
 * and goes; while there is no folder, `read` tries again.
 */
export function watchVrrp(path: string, onChange: () => void): VrrpWatch {
  let watcher: FSWatcher | undefined;
  let closed = false;

  function open(): void {
    try {
      watcher = watch(dirname(path), { persistent: false }, (_, name) => {
        if (name === null || name === basename(path)) onChange();
      });
      watcher.on("error", close);
    } catch {
      // The folder appears with keepalived's unit.
    }
  }

  function close(): void {
    watcher?.close();
    watcher = undefined;
  }

  open();
  return {
    read: () => {
      if (watcher === undefined && !closed) open();
      const state = vrrpStateIn(path);
      const stat = state === null ? undefined : statSync(path, { throwIfNoEntry: false });
      return stat === undefined ? { state: null, atMs: null } : { state, atMs: stat.mtimeMs };
    },
    close: () => {
      closed = true;
      close();
    },
  };
}
