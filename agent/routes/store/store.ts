import type { Change } from "../../../contract/routes/change.ts";
import type { Route, StoredRoute } from "../../../contract/routes/route.ts";

/**
 * A place in the history of a pair's routes. `mark` names the change that has this number: a number alone does not, as the
 * database may be another one, or restored from a backup. It is the store's own; others keep it beside the number, as it is.
 */
export interface Position {
  readonly version: number;
  /** Without spaces, at most 40 characters. */
  readonly mark: string;
}

/** A change as the store has numbered it. Numbers of a pair have no gaps, and their order is that of the commits. */
export interface NumberedChange extends Position {
  /** Number of the last change of its transaction: they are on disk together, and served at the same moment. */
  readonly transaction: number;
  readonly host: string;
  /** Null where the route is removed. */
  readonly route: Route | null;
}

/** The whole table: for a node that is too far behind for single changes, or has none yet. */
export interface Snapshot extends Position {
  readonly routes: readonly StoredRoute[];
}

/** Why the store refuses a commit, which has changed nothing then. */
export class StoreRefusal extends Error {
  override readonly name = "StoreRefusal";
  /** `reused`: the idempotency key is that of another request. */
  readonly code: "taken" | "changed" | "not-found" | "reused";
  readonly host: string | undefined;

  constructor(code: StoreRefusal["code"], message: string, host?: string) {
    super(message);
    this.code = code;
    this.host = host;
  }
}

/** The store cannot be used now, or has failed. */
export class StoreFailure extends Error {
  override readonly name = "StoreFailure";
  /** Whether the commit may have happened all the same: nobody has said that it has not. */
  readonly mayHaveHappened: boolean;

  constructor(message: string, mayHaveHappened: boolean) {
    super(message);
    this.mayHaveHappened = mayHaveHappened;
  }
}

export interface Commit {
  /** Each host once. */
  readonly changes: readonly Change[];
  /** Who asks, for the audit. */
  readonly who: string;
  readonly ifVersion?: number | undefined;
  /** The same key of the same asker within a day is the same request: it is committed once, and answered alike. */
  readonly idempotencyKey?: string | undefined;
  /**
   * Number of a commit that this one takes back: it is refused (`changed`) where one of the hosts has changed since, and the
   * idempotency key, which is that commit's, becomes one that was never used.
   */
  readonly takesBack?: number | undefined;
}

export interface Committed {
  /** Number of the last of the changes. */
  readonly version: number;
  /** What each change has replaced, in their order. */
  readonly before: readonly (StoredRoute | null)[];
}

/** What a node is told while it follows the store. */
export interface Follower {
  /** In order, each once, without gaps, whole transactions; resolves when they are on disk and served here. */
  changes(changes: readonly NumberedChange[]): Promise<void>;
  /** In place of everything known. */
  snapshot(snapshot: Snapshot): Promise<void>;
  /** Another node has these on disk and serves them. */
  acknowledged(node: string, version: number): void;
  /** Whether the store can be used changes; the sentence says why not. */
  reachable(problem: string | null): void;
}

/** The authority on a pair's routes. */
export interface RouteStore {
  /** Resolves once all of the changes are committed. Rejects with a StoreRefusal or a StoreFailure. */
  commit(commit: Commit): Promise<Committed>;
  /**
   * Follows what is newer than this, over any loss of the connection, until `close`. A node that has nothing yet gets a
   * snapshot first. What rejects is told again.
   */
  follow(after: Position | null, follower: Follower): void;
  /**
   * Tells the other nodes that this one has everything up to here on disk and serves it, again and again until the next
   * call: at once where one of them has committed some of it and waits, else a moment later. A node that starts tells, once
   * it follows, what its log has: without that, the others take it to be away.
   */
  acknowledge(version: number): void;
  /** Whether another node has told within the last seconds that it follows. */
  isFollowing(node: string): boolean;
  /**
   * Makes a node's table the pair's, in place of whatever the store has. Every node takes it over, whatever it had.
   * Resolves to the number of the new table. Rejects with a StoreFailure.
   */
  restore(table: Omit<Snapshot, "mark"> & { readonly mark: string | null }): Promise<number>;
  close(): Promise<void>;
}
