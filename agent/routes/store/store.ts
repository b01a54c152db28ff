import type { Change } from "../../../contract/routes/change.ts";
import type { Route, StoredRoute } from "../../../contract/routes/route.ts";

/** A change as the store has numbered it. Numbers of a pair have no gaps, and their order is that of the commits. */
export interface NumberedChange {
  readonly version: number;
  /** Number of the last change of its transaction: they are on disk together, and served at the same moment. */
  readonly transaction: number;
  readonly host: string;
  /** Null where the route is removed. */
  readonly route: Route | null;
}

/** The whole table, for a node that is too far behind for single changes. */
export interface Snapshot {
  readonly version: number;
  readonly routes: readonly StoredRoute[];
}

/** Why the store refuses a commit; anything else that rejects means that it cannot be reached, or has failed. */
export class StoreRefusal extends Error {
  readonly code: "taken" | "changed" | "not-found";
  readonly host: string | undefined;

  constructor(code: StoreRefusal["code"], message: string, host?: string) {
    super(message);
    this.code = code;
    this.host = host;
  }
}

export interface Commit {
  readonly changes: readonly Change[];
  /** Who asks, for the audit. */
  readonly who: string;
  readonly ifVersion?: number | undefined;
  /** The same key within a day is the same request: it is committed once. */
  readonly idempotencyKey?: string | undefined;
}

/** What a node is told while it follows the store. */
export interface Follower {
  /** In order, each once, without gaps, whole transactions; resolves when they are on disk and served here. */
  changes(changes: readonly NumberedChange[]): Promise<void>;
  /** In place of everything known. */
  snapshot(snapshot: Snapshot): Promise<void>;
  /** Another node has these on disk and serves them. */
  acknowledged(node: string, version: number): void;
  /** Whether the store can be reached changes; the sentence says why not. */
  reachable(problem: string | null): void;
}

/** The authority on a pair's routes. */
export interface RouteStore {
  /**
   * Resolves to the number of the last of the changes once they are committed, all of them. Rejects with a StoreRefusal, or
   * with an Error where that is not known: the commit may have happened.
   */
  commit(commit: Commit): Promise<number>;
  /** Follows what is newer than this number, over any loss of the connection, until `close`. */
  follow(after: number, follower: Follower): void;
  /** Tells the other nodes that this one has everything up to here on disk and serves it. */
  acknowledge(version: number): void;
  close(): Promise<void>;
}
