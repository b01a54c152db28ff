import type { RouteEvent } from "../../contract/routes/event.ts";
import type { Route, StoredRoute } from "../../contract/routes/route.ts";

/** What the writer and the door see of this node. */
export interface RouteNode {
  readonly name: string;
  table(): { readonly version: number; readonly routes: ReadonlyMap<string, StoredRoute> };
  /** Why HAProxy would refuse the routes, in its own words; null where it takes them, or does not answer. Changes nothing. */
  rehearse(routes: readonly Route[]): Promise<string | null>;
  /**
   * Resolves true once this node has everything up to the version on disk and serves it, false at the deadline. Rejects with
   * an Error that says why where HAProxy refuses it.
   */
  appliedUpTo(version: number, deadlineMs: number): Promise<boolean>;
  /** The same for a peer, by its acknowledgements. */
  peerUpTo(peer: string, version: number, deadlineMs: number): Promise<boolean>;
  /** Resolves once the store has answered or failed since this node started, within two seconds. */
  begun(): Promise<void>;
  /** Why HAProxy, or the store, is not to be used now; null where nothing is wrong. */
  problem(): { readonly haproxy: string | null; readonly store: string | null };
  /** Has HAProxy connect to a target under a private key, and forgets it; null where it works, otherwise why not. */
  probe(route: Route): Promise<string | null>;
  /** Tells each event; returns how to stop that. */
  onChange(listener: (event: RouteEvent) => void): () => void;
}
