import { statSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../../base/failure.ts";
import type { AgentConfig } from "../../contract/agentConfig.ts";
import { serverStateRows } from "../haproxy/servers.ts";
import type { System } from "../host/system.ts";
import { own, replaceFile } from "../store/durable.ts";

type Node = NonNullable<AgentConfig["node"]>;

/**
 * Hands the servers' states to the new worker, through a file that is filled for the length of one reload. Without it
 * a dead server gets traffic until its first check; kept longer, it would give a later start outdated states.
 */
export async function handOverServerState(
  host: System,
  node: Node,
  configText: string,
  reload: () => Promise<void>,
): Promise<void> {
  const path = join(host.root, node.serverStateFile);
  const write = (text: string): void => {
    if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory())
      replaceFile(path, text, own(0o600));
  };
  try {
    write(sameServers(await host.ask(node.runtimeSocket, "show servers state"), configText));
  } catch (error) {
    host.progress(`the servers' states are not handed over: ${messageOf(error)}`);
  }
  try {
    await reload();
  } finally {
    write("");
  }
}

/** Leaves out servers whose address or port the new configuration changes: haproxy would keep the old ones. */
export function sameServers(state: string, configText: string): string {
  const addresses = serverAddresses(configText);
  const changed = new Set(
    serverStateRows(state)
      .filter(
        ({ backend, server, address, port }) =>
          addresses.get(`${backend}/${server}`) !== `${address}:${port}`,
      )
      .map(({ line }) => line),
  );
  return state
    .split("\n")
    .filter((line) => !changed.has(line))
    .join("\n");
}

/** `backend/server` → `address:port` of every server line. */
function serverAddresses(configText: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let section = "";
  for (const line of configText.split("\n")) {
    const [word, name, address] = line.trim().split(/\s+/);
    if (word === "backend" || word === "listen" || word === "frontend") section = name ?? "";
    if (word === "server" && name && address) found.set(`${section}/${name}`, address);
  }
  return found;
}
