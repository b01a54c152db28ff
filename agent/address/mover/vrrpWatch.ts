import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import type { VrrpState } from "../../../contract/addressPage.ts";
import { vrrpStateIn } from "../hold.ts";

export interface VrrpWatch {
  /** keepalived's state; null while it does not run. */
  state(): VrrpState | null;
  close(): void;
}

/**
 * Calls `onChange` within ms when keepalived's notify commands write its state. The folder is watched, because the file
 * comes and goes; while there is no folder, `state` tries again.
 */
export function watchVrrp(path: string, onChange: () => void): VrrpWatch {
  let last: VrrpState | null = null;
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
    state: () => {
      if (watcher === undefined && !closed) open();
      const now = vrrpStateIn(path);
      if (now !== undefined) last = now;
      return last;
    },
    close: () => {
      closed = true;
      close();
    },
  };
}
