import { AddressPage } from "../../../contract/addressPage.ts";
import type { MoverSettings } from "../../daemon/config.ts";
import { askPage } from "../../daemon/http.ts";
import type { PeerWord } from "./decide.ts";

/** A host that is lost does not answer at all: each ms here is one more until the address moves. */
const timeoutMs = 60;

export interface PeersWord {
  readonly answers: readonly PeerWord[];
  /** Names of the peers that do not answer. */
  readonly silent: readonly string[];
}

/** What the peers' movers say of themselves. Never rejects. */
export async function askPeers({
  peers,
  privateAddress,
}: Pick<MoverSettings, "peers" | "privateAddress">): Promise<PeersWord> {
  const pages = await Promise.allSettled(
    peers.map((peer) => askPage(peer, "/address", AddressPage, timeoutMs)),
  );
  const answers = pages.flatMap((page, index): PeerWord[] => {
    const goesFirst = order(peers[index]?.address ?? "") < order(privateAddress);
    return page.status === "fulfilled" ? [{ ...page.value, goesFirst }] : [];
  });
  const silent = peers.filter((_, index) => pages[index]?.status === "rejected").map(({ name }) => name);
  return { answers, silent };
}

/** Any order will do that both nodes find alike. */
function order(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}
