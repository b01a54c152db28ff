import type { RouteEvent } from "../../contract/routes/event.ts";
import type { Route } from "../../contract/routes/route.ts";
import type { RoutesConfig } from "../../contract/routesConfig.ts";
import type { HaproxyServers } from "./balanced/balancer.ts";
import { MapRefused } from "./haproxy/routeMap.ts";
import type { FoundLog } from "./log/routesLog.ts";
import type { RouteFigures, RouteMetrics } from "./metrics.ts";
import type { TargetNames } from "./names.ts";
import type { RouteNode } from "./node.ts";
import { probeTargets } from "./probe.ts";
import { Progress } from "./progress.ts";
import { ServedRoutes } from "./served/served.ts";
import type { Follower, NumberedChange, RouteStore, Snapshot } from "./store/store.ts";

/** A thing that a node's routes rest on. Without `servers`, routes with several targets lead to the first one alone. */
export type Support = "haproxy" | "store" | "log" | "servers";

export interface NodeTools {
  readonly names: TargetNames;
  readonly servers: HaproxyServers;
  readonly metrics: RouteMetrics;
  /** What does not work, and why; null where it does. Told again and again. */
  readonly onProblem: (what: Support, problem: string | null) => void;
}

/** The store answers a node that starts within this; one that does not is away. */
const beginMs = 2000;

/** This node: it follows the store, tells the others what it serves, and knows what they serve. */
export class LocalNode implements RouteNode, Follower {
  readonly name: string;
  readonly #config: RoutesConfig;
  readonly #tools: NodeTools;
  readonly #served: ServedRoutes;
  readonly #applied = new Progress();
  readonly #peers: ReadonlyMap<string, Progress>;
  readonly #listeners = new Set<(event: RouteEvent) => void>();
  readonly #problems: Record<Support, string | null> = {
    // It is on this node: that nothing is known of it yet, for the first moment, is no fault.
    haproxy: null,
    store: "the database of the routes was not asked yet",
    log: null,
    servers: null,
  };
  /** Called once the store has answered, or has failed. */
  #begin: () => void = () => {};
  readonly #begun = new Promise<void>((resolve) => {
    this.#begin = resolve;
  });
  #store: RouteStore | undefined;
  /** Number of the last change that the store has told. */
  #told = 0;

  /** @param found the node's log as it is on disk */
  constructor(config: RoutesConfig, found: FoundLog, tools: NodeTools) {
    this.name = config.host;
    this.#config = config;
    this.#tools = tools;
    const { names, servers, metrics } = tools;
    this.#served = new ServedRoutes(config, found, { names, servers, metrics, onProblem: this.#note });
    this.#peers = new Map(config.peers.map((peer) => [peer, new Progress()]));
  }

  /** Serves what the log has, without the store, and follows the store from there. */
  start(store: RouteStore): void {
    this.#store = store;
    this.#reachedBy(this.#served.start());
    setTimeout(this.#begin, beginMs).unref();
    store.follow(this.#served.table.position, this);
  }

  /** Resolves when nothing is under way any more; haproxy goes on serving. */
  async stop(): Promise<void> {
    await Promise.all([this.#store?.close(), this.#served.stop()]);
  }

  turnedAtMs(): number {
    return this.#served.map.turnedAtMs();
  }

  refreshNames(): Promise<void> {
    return this.#served.refreshNames();
  }

  async changes(changes: readonly NumberedChange[]): Promise<void> {
    this.#told = changes.at(-1)?.version ?? this.#told;
    // The store tells a batch again that was refused: what comes with it then may take it back.
    const { version: made } = this.table();
    const missing = changes.filter(({ version }) => version > made);
    const transactions = transactionsOf(missing);
    try {
      if (transactions.length > 1) return await this.#make(missing);
    } catch (error) {
      if (!(error instanceof MapRefused)) throw error;
    }
    // One by one: only who has committed what is refused is told so.
    for (const transaction of transactions) await this.#makeOne(transaction);
  }

  async #makeOne(transaction: readonly NumberedChange[]): Promise<void> {
    try {
      await this.#make(transaction);
    } catch (error) {
      if (error instanceof MapRefused) this.#applied.refuse(transaction.at(-1)?.version ?? 0, error);
      throw error;
    }
  }

  async #make(changes: readonly NumberedChange[]): Promise<void> {
    await this.#served.make(changes);
    this.#tools.metrics.batch(changes.length);
    const { version } = this.table();
    this.#reached(version);
    const made = changes.map(({ host, route }) => ({ host, route }));
    this.#tell({ type: "routes", at: now(), version, changes: made });
  }

  async snapshot(snapshot: Snapshot): Promise<void> {
    const { version, routes } = snapshot;
    this.#told = version;
    const isServed = await this.#served.replace(snapshot);
    this.#tools.metrics.batch(routes.length);
    // What peers have told may be of the history that this one replaces; they tell it again every second.
    for (const peer of this.#peers.values()) peer.set(0);
    if (isServed) this.#reached(version);
    // What takes back that which haproxy refuses comes by the changes after it.
    else this.#reachedBy(this.#served.serveTable());
    this.#tell({ type: "table", at: now(), version });
  }

  acknowledged(node: string, version: number): void {
    this.#peers.get(node)?.set(version);
  }

  reachable(problem: string | null): void {
    this.#note("store", problem);
  }

  table(): ReturnType<RouteNode["table"]> {
    const { position, routes } = this.#served.table;
    return { version: position?.version ?? 0, routes };
  }

  appliedUpTo(version: number, deadlineMs: number): Promise<boolean> {
    return this.#applied.reached(version, deadlineMs);
  }

  async peerUpTo(peer: string, version: number, deadlineMs: number): Promise<boolean> {
    return (await this.#peers.get(peer)?.reached(version, deadlineMs)) ?? false;
  }

  problem(): ReturnType<RouteNode["problem"]> {
    const { haproxy, store, log } = this.#problems;
    return { haproxy, store: store ?? log };
  }

  begun(): Promise<void> {
    return this.#begun;
  }

  rehearse(routes: readonly Route[]): Promise<string | null> {
    return this.#served.rehearse(routes);
  }

  async probe(route: Route): Promise<string | null> {
    const { haproxy } = this.#problems;
    return haproxy ?? (await probeTargets(this.#config.probe, route, this.#tools.names, this.#served.map));
  }

  onChange(listener: (event: RouteEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  figures(): RouteFigures {
    const { haproxy, store, log, servers } = this.#problems;
    return {
      routes: this.#served.table.routes.size,
      version: this.#applied.value,
      lag: Math.max(this.#told - this.#applied.value, 0),
      logBytes: this.#served.logBytes,
      backends: this.#served.backends,
      unresolved: this.#tools.names.problems().size,
      ...{ isHaproxyGood: haproxy === null, isStoreGood: store === null, isLogGood: log === null },
      areServersGood: servers === null,
      peers: Object.fromEntries(Array.from(this.#peers, ([peer, { value }]) => [peer, value])),
    };
  }

  #reachedBy(served: Promise<number | undefined>): void {
    served.then(
      (version) => this.#reached(version ?? 0),
      () => {
        // It was stopped before haproxy had taken them.
      },
    );
  }

  #reached(version: number): void {
    this.#applied.set(version);
    this.#store?.acknowledge(version);
  }

  readonly #note = (what: Support, problem: string | null): void => {
    if (what === "store") this.#begin();
    const isNew = problem !== this.#problems[what];
    this.#problems[what] = problem;
    this.#tools.onProblem(what, problem);
    // Of HAProxy the health tells, which knows what is known here and more.
    if (isNew && what !== "haproxy") this.#tell({ type: what, at: now(), problem });
  };

  #tell(event: RouteEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

function transactionsOf(changes: readonly NumberedChange[]): readonly (readonly NumberedChange[])[] {
  const found = new Map<number, NumberedChange[]>();
  for (const change of changes) {
    const others = found.get(change.transaction);
    if (others === undefined) found.set(change.transaction, [change]);
    else others.push(change);
  }
  return [...found.values()];
}

function now(): string {
  return new Date().toISOString();
}
