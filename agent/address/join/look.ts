import { existsSync } from "node:fs";
import type { EgressConfig } from "../../../contract/egressConfig.ts";
import { EgressPage } from "../../../contract/egressPage.ts";
import { askPage } from "../../daemon/http.ts";
import { answeringMachine } from "../../host/neighbours.ts";
import { knock } from "../../host/network.ts";
import type { System } from "../../host/system.ts";
import { layoutOf } from "../../store/layout.ts";
import { isHolder } from "../hold.ts";
import type { PeerWord, Seen } from "./decide.ts";

const pageMs = 1000;

type Pair = Pick<EgressConfig, "virtualAddress" | "peers">;

/**
 * Who has the virtual address, and, where another machine has it, what the peers say of this node, whose own address is
 * `address`. Takes some seconds where a machine does not answer. Rejects where this host cannot ask.
 */
export async function lookAround(host: System, pair: Pair, address: string): Promise<Seen> {
  const answering = await answeringMachine(host, pair.virtualAddress);
  const asked = answering === undefined ? [] : pair.peers;
  const peers = await Promise.all(asked.map((peer) => lookAt(host, pair, address, peer)));
  const moving = existsSync(layoutOf(host.root).pending);
  // Last: the address may have come here meanwhile.
  return { holder: isHolder(host, pair), answering, moving, peers };
}

async function lookAt(
  host: System,
  pair: Pair,
  address: string,
  peer: Pair["peers"][number],
): Promise<PeerWord> {
  const { name } = peer;
  const door = await knock(peer.address, peer.port);
  if (door === "shut") {
    const runs = (await answeringMachine(host, peer.address)) !== undefined;
    return { name, says: runs ? "closed" : "gone" };
  }
  if (door === "refused") return { name, says: "nothing", hangs: false };
  try {
    const { vip } = await askPage(peer, "/egress", EgressPage, pageMs);
    return { name, ...wordOf(vip, { pair, address, peer: peer.address }) };
  } catch {
    return { name, says: "nothing", hangs: true };
  }
}

type Word =
  | { readonly says: "agrees"; readonly holder: boolean }
  | { readonly says: "differs"; readonly why: string };

/** What the page of the peer at `peer` says of the node at `address`. */
export function wordOf(
  vip: Pick<EgressPage["vip"], "address" | "holder" | "peers">,
  { pair, address, peer }: { readonly pair: Pair; readonly address: string; readonly peer: string },
): Word {
  const differs = (why: string): Word => ({ says: "differs", why });
  if (vip.address !== pair.virtualAddress) return differs(`has another virtual address, ${vip.address}`);
  if (vip.peers === null) return differs("is not done with its own bundle");
  if (!vip.peers.includes(address)) return differs("does not know it as a peer");
  const known = [address, peer, ...pair.peers.map((one) => one.address)];
  const unknown = vip.peers.find((other) => !known.includes(other));
  if (unknown !== undefined) return differs(`has a peer ${unknown} that this node does not know`);
  return { says: "agrees", holder: vip.holder };
}
