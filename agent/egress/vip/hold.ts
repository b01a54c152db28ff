import { readFileSync } from "node:fs";
import type { EgressConfig } from "../../../topology/egressConfig.ts";
import { addresses } from "../../system/addresses.ts";

/** What a node has to do with the virtual address now, whatever its egress is like. */
export interface Hold {
  readonly holder: boolean;
  /** As far as files tell: keepalived runs, and reads that haproxy serves. */
  readonly able: boolean;
}

/** Asks the interfaces and two small files in memory. */
export function holdOf(config: EgressConfig): Hold {
  return {
    holder: addresses().includes(config.virtualAddress),
    able: says(config.keepalivedEvents, /^populated 1$/m) && says(config.haproxyTrackFile, /^0$/m),
  };
}

/** A file that is not there says nothing: systemd removes the cgroup of a unit that ended. */
function says(path: string, words: RegExp): boolean {
  try {
    return words.test(readFileSync(path, "utf8"));
  } catch {
    return false;
  }
}
