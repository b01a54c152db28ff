import { mkdirSync } from "node:fs";
import { Registry } from "prom-client";
import type { HaproxyServers } from "../../../../agent/routes/balanced/balancer.ts";
import type { Answer, Dns } from "../../../../agent/routes/dns.ts";
import { LocalNode } from "../../../../agent/routes/localNode.ts";
import { readRoutesLog } from "../../../../agent/routes/log/routesLog.ts";
import { openRouteMetrics } from "../../../../agent/routes/metrics.ts";
import { TargetNames } from "../../../../agent/routes/names.ts";
import type {
  Follower,
  NumberedChange,
  Position,
  RouteStore,
  Snapshot,
} from "../../../../agent/routes/store/store.ts";
import { targetRules } from "../../../../agent/routes/writer/targets.ts";
import type { RouteEvent } from "../../../../contract/routes/event.ts";
import { servedHaproxy } from "./haproxy/mapFixtures.ts";
import { routesConfig, transaction } from "./routeFixtures.ts";

/** The store as its followers see it: what a test hands it is told in order. */
export class TestStore implements RouteStore {
  readonly acknowledged: number[] = [];
  followsAfter: Position | null | undefined;
  #follower: Follower | undefined;

  follow(after: Position | null, follower: Follower): void {
    this.followsAfter = after;
    this.#follower = follower;
    follower.reachable(null);
  }

  get follower(): Follower {
    if (this.#follower === undefined) throw new Error("nobody follows");
    return this.#follower;
  }

  tell(changes: readonly NumberedChange[]): Promise<void> {
    return this.follower.changes(changes);
  }

  snapshot(snapshot: Snapshot): Promise<void> {
    return this.follower.snapshot(snapshot);
  }

  acknowledge(version: number): void {
    this.acknowledged.push(version);
  }

  isFollowing(): boolean {
    return true;
  }

  commit(): never {
    throw new Error("a follower does not commit");
  }

  restore(): never {
    throw new Error("a follower does not restore");
  }

  async close(): Promise<void> {}
}

/** A HAProxy without servers, whose root makes none. */
export const noServers: HaproxyServers = {
  running: async () => ({ servers: [], checks: new Map() }),
  balance: async () => {},
};

/** A node in a folder, with HAProxy's map beside it. */
export async function nodeBed() {
  const bed = await servedHaproxy();
  const config = { ...routesConfig(bed.folder), mapFile: bed.haproxy.file };
  mkdirSync(config.folder);
  const records = new Map<string, readonly Answer[]>();
  const dns: Dns = {
    resolve: async (name) => {
      const found = records.get(name);
      if (found === undefined) throw new Error(`queryA ENOTFOUND ${name}`);
      return found;
    },
    cancel: () => {},
  };
  const running = new Set<LocalNode>();

  /** Starts the daemon's part, as after each start of the daemon. */
  const startOn = (store: RouteStore, changed: Partial<typeof config> = {}, servers = noServers) => {
    const events: RouteEvent[] = [];
    const problems: Record<string, string | null> = {};
    const now = { ...config, ...changed };
    const found = readRoutesLog(now.folder, now.pair);
    const names = new TargetNames(targetRules(now), found.addresses, dns);
    const registry = new Registry();
    const node: LocalNode = new LocalNode(now, found, {
      names,
      servers,
      metrics: openRouteMetrics(registry, () => node.figures()),
      onProblem: (what, problem) => {
        problems[what] = problem;
      },
    });
    node.onChange((event) => events.push(event));
    node.start(store);
    running.add(node);
    const stop = async () => {
      running.delete(node);
      await node.stop();
    };
    return { events, problems, registry, node, stop };
  };

  /** The same on a store that tells what a test hands it. */
  const start = (changed: Partial<typeof config> = {}, servers = noServers) => {
    const store = new TestStore();
    return { store, ...startOn(store, changed, servers) };
  };

  return {
    ...bed,
    ...{ config, records, start, startOn },
    /** The first table that a store tells a new node. */
    empty: { version: 0, mark: "m0", routes: [] } satisfies Snapshot,
    /** A transaction of one put after this number. */
    put: (after: number, host: string, target = "http://10.0.9.5:3000") => transaction(after, [host, target]),
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...running].map((node) => node.stop()));
      await bed[Symbol.asyncDispose]();
    },
  };
}

export const plain = (address: string, port = 3000) => `plain|${address}|${port}|||30000|3600000|0|50|w`;
