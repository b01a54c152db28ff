import type { Commit, Committed } from "../../../../../agent/routes/store/store.ts";
import { openWriter } from "../../../../../agent/routes/writer/write.ts";
import { type Change, Transaction, type TransactionInput } from "../../../../../contract/routes/change.ts";
import { put, stored } from "./routes.ts";

/** What this node, the store and the other node do. */
interface World {
  commits: Commit[];
  commit: () => Promise<Committed>;
  begun: Promise<void>;
  rehearsed: string[][];
  refuses: string | null;
  haproxy: string | null;
  database: string | null;
  following: boolean;
  /** A sentence: HAProxy on this node refuses the change. */
  ownServes: boolean | string;
  peerServes: boolean;
  probe: string | null;
  waitedForPeer: number | undefined;
}

const quiet = (): World => ({
  commits: [],
  commit: async () => ({ version: 8, before: [null] }),
  begun: Promise.resolve(),
  rehearsed: [],
  refuses: null,
  haproxy: null,
  database: null,
  following: true,
  ownServes: true,
  peerServes: true,
  probe: null,
  waitedForPeer: undefined,
});

/** A test sets what is different. */
export const world: World = quiet();

/** Before each test. */
export function resetWorld(): void {
  Object.assign(world, quiet());
}

export function writer(require: "reachable" | "all" = "reachable") {
  const none = { ownAddresses: [], deniedTargets: [], allowedTargets: [] };
  const settings = { peers: ["haproxy2"], domains: ["example.com"], peerDeadlineMs: 1000 };
  return openWriter(
    { ...none, ...settings, require, breaker: { failures: 2, resetMs: 60_000 } },
    {
      node: {
        name: "haproxy1",
        table: () => ({ version: 7, routes: new Map([["old.example.com", stored("old.example.com", 7)]]) }),
        begun: () => world.begun,
        rehearse: async (routes) => {
          world.rehearsed.push(routes.map(({ host }) => host));
          return world.refuses;
        },
        appliedUpTo: async () => {
          if (typeof world.ownServes === "string") throw new Error(world.ownServes);
          return world.ownServes;
        },
        peerUpTo: async (_, __, deadlineMs) => {
          world.waitedForPeer = deadlineMs;
          return world.peerServes;
        },
        problem: () => ({ haproxy: world.haproxy, store: world.database }),
        probe: async () => world.probe,
      },
      store: {
        commit: (commit) => {
          world.commits.push(commit);
          return world.commit();
        },
        isFollowing: () => world.following,
      },
      addressesOf: async () => [],
      onOpen: () => {},
    },
  );
}

export const transaction = (changes: readonly Change[], more: Partial<TransactionInput> = {}) =>
  Transaction.parse({ changes, ...more });
export const asker = { who: "token ci" };
export const one = transaction([put("shop")]);
