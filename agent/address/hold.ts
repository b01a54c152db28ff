import { readFileSync } from "node:fs";
import type { AgentConfig } from "../../contract/agentConfig.ts";
import type { EgressConfig } from "../../contract/egressConfig.ts";
import { addresses } from "../host/network.ts";
import { overwrite } from "../host/overwrite.ts";
import type { System } from "../host/system.ts";

/** A node's relation to the virtual address now, whatever the state of its egress. */
export interface Hold {
  readonly holder: boolean;
  /** Whether keepalived runs here and haproxy's track file says that haproxy serves. */
  readonly able: boolean;
}

/** Reads the interfaces and two small files below /run and /sys. */
export function holdOf(config: EgressConfig): Hold {
  return {
    holder: addresses().includes(config.virtualAddress),
    able: says(config.keepalivedEvents, /^populated 1$/m) && says(config.haproxyTrackFile, /^0$/m),
  };
}

/** A missing file means no: systemd removes the cgroup of a unit that ended. */
function says(path: string, words: RegExp): boolean {
  try {
    return words.test(readFileSync(path, "utf8"));
  } catch {
    return false;
  }
}

/** Writes into keepalived's track file whether this node is unfit for the virtual address. Throws the file's error. */
export function writeTrackFile(path: string, unfit: boolean): void {
  const text = unfit ? "1\n" : "0\n";
  if (readFileSync(path, "utf8") !== text) overwrite(path, text);
}

/** Whether the virtual address is on this host now. */
export function isHolder(host: System, { virtualAddress }: NonNullable<AgentConfig["node"]>): boolean {
  return host.addresses().includes(virtualAddress);
}
