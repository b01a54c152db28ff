import type { RouteNode } from "../node.ts";
import type { RouteStore } from "../store/store.ts";

export interface ServedOn {
  readonly appliedOn: string[];
  readonly pendingOn: string[];
}

interface Waiting {
  readonly node: Pick<RouteNode, "name" | "appliedUpTo" | "peerUpTo">;
  readonly store: Pick<RouteStore, "isFollowing">;
  readonly peers: readonly string[];
  /** Most that is waited for this node, and for each other, ms. */
  readonly ownMs: number;
  readonly peerMs: number;
}

/**
 * Waits until a version is on disk and served on every node. Nobody waits for a node that is known to be away. Rejects as
 * soon as this node's HAProxy refuses it.
 */
export async function servedOn(
  version: number,
  { node, store, peers, ownMs, peerMs }: Waiting,
): Promise<ServedOn> {
  const all = [node.name, ...peers];
  const served = await Promise.all([
    node.appliedUpTo(version, ownMs),
    ...peers.map((peer) => store.isFollowing(peer) && node.peerUpTo(peer, version, peerMs)),
  ]);
  return {
    appliedOn: all.filter((_, place) => served[place]),
    pendingOn: all.filter((_, place) => !served[place]),
  };
}
