import { join } from "node:path";
import { readIfThere } from "../../base/files.ts";
import { EgressConfig, egressConfigPath } from "../../contract/egressConfig.ts";
import { answeringMachine } from "../host/neighbours.ts";
import { type System, until } from "../host/system.ts";
import { currentSha, type Layout } from "../store/layout.ts";
import { unfinished } from "../store/records.ts";
import { stagedBundle } from "../store/stage.ts";

/** Time for the pair's other nodes to be given back at the same moment. */
const peersMs = 30_000;

/**
 * Why the host's own keepalived may not start yet: a node of the pair, which knows nothing of it, has one of its virtual
 * addresses, and both would have it. Undefined where it may; a machine that is no node of the pair, such as its own backup,
 * is its own affair.
 */
export async function addressProblem(host: System, layout: Layout): Promise<string | undefined> {
  const own = readIfThere(join(layout.root, "etc/keepalived/keepalived.conf")) ?? "";
  const addresses = virtualAddressesOf(own);
  if (addresses.length === 0) return undefined;
  const peers = peersOf(host, layout);
  return until(host, peersMs, async () => {
    for (const address of addresses) {
      const hardware = await answeringMachine(host, address);
      if (hardware === undefined) continue;
      const runs = await Promise.all((peers ?? []).map((peer) => host.listens(peer.address, peer.port)));
      if (peers !== undefined && !runs.includes(true)) continue;
      return `keepalived.service stays stopped: another machine has its virtual address ${address} (hardware address ${hardware}): give the pair's other nodes back, start it with "systemctl start keepalived.service", then run hapair give-back again`;
    }
    return undefined;
  });
}

/** The addresses of keepalived's `virtual_ipaddress` and `virtual_ipaddress_excluded` blocks (IPv4). */
export function virtualAddressesOf(config: string): readonly string[] {
  const blocks = config.replace(/[#!].*/g, "").matchAll(/\bvirtual_ipaddress(?:_excluded)?\s*\{([^}]*)\}/g);
  const addresses = [...blocks].flatMap(([, lines = ""]) =>
    [...lines.matchAll(/^\s*(\d+\.\d+\.\d+\.\d+)\b/gm)].map(([, address = ""]) => address),
  );
  return [...new Set(addresses)];
}

/** Where the agents of the pair's other nodes answer; undefined where no bundle says so. */
function peersOf(host: System, layout: Layout): EgressConfig["peers"] | undefined {
  const sha = currentSha(layout) ?? unfinished(layout)?.to;
  const files = sha === undefined ? [] : (stagedBundle(layout, sha, host.name)?.bundle.files ?? []);
  const text = files.find(({ path }) => path === egressConfigPath)?.text;
  return text === undefined ? undefined : EgressConfig.parse(JSON.parse(text)).peers;
}
