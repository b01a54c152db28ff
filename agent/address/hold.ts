import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readIfThere } from "../../base/files.ts";
import { type VrrpState, vrrpStates } from "../../contract/addressPage.ts";
import type { AgentConfig } from "../../contract/agentConfig.ts";
import type { EgressConfig } from "../../contract/egressConfig.ts";
import { addresses } from "../host/network.ts";
import { overwrite } from "../host/overwrite.ts";
import type { System } from "../host/system.ts";
import { layoutOf } from "../store/layout.ts";

/** A node's relation to the virtual address now, whatever the state of its egress. */
export interface Hold {
  readonly holder: boolean;
  /** Whether keepalived runs here, haproxy's track file says that haproxy serves, and none that this node waits. */
  readonly able: boolean;
}

/** Reads the interfaces and two small files below /run and /sys. */
export function holdOf(config: EgressConfig): Hold {
  return {
    holder: holds(config, addresses),
    able:
      says(config.keepalivedEvents, /^populated 1$/m) &&
      says(config.haproxyTrackFile, /^0$/m) &&
      !(config.joinTrackFile !== undefined && says(config.joinTrackFile, /^1$/m)),
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

/**
 * Addresses of the nodes with which this one exchanges adverts, for a node that wants to join; null while a transaction has
 * not ended: keepalived may not have loaded its files yet, and they may go away again.
 * @param root `/` of the host
 */
export function knownPeers({ peers }: Pick<EgressConfig, "peers">, root = "/"): string[] | null {
  return existsSync(layoutOf(root).pending) ? null : peers.map(({ address }) => address);
}

/** Whether this host holds the virtual address now. */
export function isHolder(
  host: System,
  { virtualAddress, vrrpFile }: Pick<Node, "virtualAddress" | "vrrpFile">,
): boolean {
  const file = vrrpFile === undefined ? undefined : join(host.root, vrrpFile);
  return holds({ virtualAddress, vrrpFile: file }, () => host.addresses());
}

type Node = NonNullable<AgentConfig["node"]>;

/** Where every node keeps the address on an interface, keepalived's state says which of them holds it. */
function holds(
  { virtualAddress, vrrpFile }: { readonly virtualAddress: string; readonly vrrpFile?: string | undefined },
  here: () => readonly string[],
): boolean {
  return vrrpFile === undefined ? here().includes(virtualAddress) : vrrpStateIn(vrrpFile) === "MASTER";
}

/**
 * keepalived's state, which a script that reads its events puts into this file by a rename; null where there is no file,
 * because keepalived does not run. Throws the error of a file that cannot be read.
 */
export function vrrpStateIn(path: string): VrrpState | null {
  const text = readIfThere(path)?.trim();
  return vrrpStates.find((state) => state === text) ?? null;
}
