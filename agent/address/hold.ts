import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import type { AgentConfig } from "../../contract/agentConfig.ts";
import type { EgressConfig } from "../../contract/egressConfig.ts";
import { addresses } from "../host/network.ts";
import type { System } from "../host/system.ts";

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

/** Whether the virtual address is on this host now. */
export function isHolder(host: System, { virtualAddress }: NonNullable<AgentConfig["node"]>): boolean {
  return host.addresses().includes(virtualAddress);
}
