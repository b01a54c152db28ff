/** What a node finds out of a peer. */
export type PeerWord = { readonly name: string } & (
  | {
      /** It sends this node its adverts, and knows no node that this one does not. */
      readonly says: "agrees";
      readonly holder: boolean;
    }
  /** `why` follows its name in a sentence. */
  | { readonly says: "differs"; readonly why: string }
  /**
   * Its firewall lets this node in, as that of a node does which knows it, and no agent answers: it hangs, or none runs.
   */
  | { readonly says: "nothing"; readonly hangs: boolean }
  /** Its machine runs, and does not answer this node. */
  | { readonly says: "closed" }
  /** Its machine does not run. */
  | { readonly says: "gone" }
);

export interface Seen {
  /** Whether the virtual address is here. */
  readonly holder: boolean;
  /** Hardware address of another machine that answers for the virtual address. */
  readonly answering: string | undefined;
  /** Whether a transaction has not ended on this host: it may go back to a bundle that knows other peers. */
  readonly moving: boolean;
  readonly peers: readonly PeerWord[];
}

/** Since when each peer has said nothing at every look, on the clock of `nowMs`, by name. */
export type Silences = ReadonlyMap<string, number>;

/** The silences after a look. */
export function silencesAfter(before: Silences, peers: readonly PeerWord[], nowMs: number): Silences {
  const silent = peers.filter(({ says }) => says === "nothing");
  return new Map(silent.map(({ name }) => [name, before.get(name) ?? nowMs]));
}

/**
 * An agent that restarts, is slow, or hangs and is restarted by its watchdog, answers again within this time: its keepalived
 * may run all the while, and not know this node.
 */
const silentMs = 60_000;

/** `why` follows "does not bid for ADDRESS yet:", and ends with the remedy. */
export type Bid = { readonly bids: true } | { readonly bids: false; readonly why: string };

/**
 * Whether a node may bid for the virtual address, decided once after each start. A node that a holder does not know gets
 * no adverts from it, would take the holder for dead, and have the address too. So a node waits while another machine has the
 * address, until every running peer says that it knows this node, and a peer has the address. Where nobody has it, any node
 * bids: then waiting would be an outage.
 * @param silences those after this look
 */
export function decideBid(
  { holder, answering, moving, peers }: Seen,
  silences: Silences,
  nowMs: number,
): Bid {
  if (holder || answering === undefined) return { bids: true };
  if (moving)
    return { bids: false, why: "its own bundle is not proven yet: npm run up, where that does not end" };
  const isLate = (name: string): boolean => nowMs - (silences.get(name) ?? nowMs) < silentMs;
  const against = peers.flatMap((peer) => objection(peer, isLate(peer.name)));
  if (against.length > 0)
    return { bids: false, why: `${against.join(", ")}: npm run up makes all nodes known to each other` };
  // The kernel of a holder that hangs still answers for the address. It must not keep its successor out.
  const mayHold = (peer: PeerWord) =>
    (peer.says === "agrees" && peer.holder) || (peer.says === "nothing" && peer.hangs);
  if (peers.some(mayHold)) return { bids: true };
  return {
    bids: false,
    why: `the machine ${answering} has it and is no peer: npm run up, or take the address off that machine`,
  };
}

function objection(peer: PeerWord, isLate: boolean): readonly string[] {
  switch (peer.says) {
    case "nothing":
      return isLate ? [`the agent on ${peer.name} does not answer`] : [];
    case "differs":
      return [`${peer.name} ${peer.why}`];
    case "closed":
      return [`${peer.name} runs and does not answer it`];
    default:
      return [];
  }
}
