import { isIPv4 } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../base/failure.ts";
import type { Route, StoredRoute } from "../../contract/routes/route.ts";
import type { RoutesConfig } from "../../contract/routesConfig.ts";
import { Balancer, type HaproxyServers } from "./balanced/balancer.ts";
import { numbersAfter, numbersOf } from "./balanced/numbers.ts";
import { wantedBackends } from "./balanced/servers.ts";
import { type AddressOf, entryOf, targetHosts } from "./entry.ts";
import { RouteMap } from "./haproxy/routeMap.ts";
import type { LogRecord } from "./log/record.ts";
import { type FoundLog, RoutesLog } from "./log/routesLog.ts";
import type { RouteMetrics } from "./metrics.ts";
import type { TargetNames } from "./names.ts";
import type { NumberedChange, Snapshot } from "./store/store.ts";
import type { RouteTable, Table } from "./table.ts";

/** Pause before the log is written to again after a failure. */
const againMs = 1000;

export interface ServedTools {
  readonly names: TargetNames;
  readonly servers: HaproxyServers;
  readonly metrics: Pick<RouteMetrics, "served" | "reconciled">;
  /** Why haproxy's map, its servers or the log cannot be changed; null where it can. Told after each attempt. */
  readonly onProblem: (what: "haproxy" | "log" | "servers", problem: string | null) => void;
}

/**
 * The routes that this node has on disk and serves. A change is written to the log and given to haproxy at the same time,
 * and counts once both have it; where one of them cannot, it is tried until it can. One change at a time.
 */
export class ServedRoutes {
  readonly map: RouteMap;
  readonly #table: RouteTable;
  readonly #log: RoutesLog;
  readonly #tools: ServedTools;
  readonly #balancer: Balancer;
  /** The targets' names of each route that has some. */
  readonly #named = new Map<string, readonly string[]>();
  #numbers: ReadonlyMap<string, number>;
  readonly #stopping = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  /** @param found the node's log as it is on disk */
  constructor(config: RoutesConfig, found: FoundLog, tools: ServedTools) {
    this.#tools = tools;
    this.#table = found.table;
    const { routes } = found.table;
    this.#numbers = numbersOf(routes, found.numbers);
    const source = () => ({
      table: this.#table,
      addresses: tools.names.addresses(),
      numbers: this.#numbers,
    });
    const { drainS, authorities } = config.balanced;
    const wanted = () =>
      this.#table.position && wantedBackends(routes, this.#numbers, this.#addressOf, authorities);
    this.#balancer = new Balancer(tools.servers, wanted, drainS, (problem) =>
      tools.onProblem("servers", problem),
    );
    this.#log = new RoutesLog(config.folder, config.pair, found, source);
    this.map = new RouteMap(
      { socket: config.runtimeSocket, file: config.mapFile },
      {
        onProblem: (problem) => tools.onProblem("haproxy", problem),
        onServed: tools.metrics.served,
        onReconciled: () => {
          tools.metrics.reconciled();
          this.#balancer.lookNow();
        },
      },
    );
    this.#noteNames();
  }

  get table(): Table {
    return this.#table;
  }

  /** By host, the backend of each route that needs one. */
  get backends(): ReadonlyMap<string, number> {
    return this.#numbers;
  }

  get logBytes(): number {
    return this.#log.bytes;
  }

  /**
   * Gives haproxy what the log has; resolves once that is served. Where nothing is known, haproxy goes on with what it has
   * until the store tells the table.
   */
  start(): Promise<void> {
    this.map.start();
    this.#balancer.start();
    if (this.#table.position === null) return Promise.resolve();
    return this.#inTurn(() => this.map.serveAll(this.#entries()));
  }

  /** Resolves when nothing is under way any more; haproxy goes on serving. What is not made rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the daemon changes routes no more"));
    this.#balancer.stop();
    await Promise.all([this.map.stop(), this.#last]);
    await this.#log.close();
  }

  /** Resolves when these whole transactions are on disk and served. */
  make(changes: readonly NumberedChange[]): Promise<void> {
    return this.#inTurn(async () => {
      const targets = changes.flatMap(({ route }) => (route === null ? [] : targetHosts(route)));
      await this.#tools.names.learn(targets);
      const before = this.#numbers;
      this.#numbers = numbersAfter(before, changes);
      const records = [
        ...this.#newAddresses(targets),
        ...newNumbers(before, this.#numbers),
        ...changes.map((change): LogRecord => ({ is: "change", ...change })),
      ];
      const entries = changes.map(({ host, route }) => ({ key: host, value: route && this.entryOf(route) }));
      const together = changes.some(({ version, transaction }) => version !== transaction);
      const written = () => this.#written(() => this.#log.append(records));
      const isBalanced = changes.some(({ host }) => before.has(host) || this.#numbers.has(host));
      if (isBalanced) {
        // Root makes haproxy's servers of the log.
        await written();
        await this.#balancer.settle();
        await this.map.serve(entries, together);
      } else await both(written(), this.map.serve(entries, together));
      this.#table.make(changes);
      for (const { host, route } of changes) this.#noteName(host, route);
      await this.#log.compact().catch((error: unknown) => this.#tools.onProblem("log", messageOf(error)));
    });
  }

  /** The same for a whole table, in place of the present one. */
  replace(snapshot: Snapshot): Promise<void> {
    return this.#inTurn(async () => {
      this.#table.replace(snapshot);
      this.#noteNames();
      const before = this.#numbers;
      this.#numbers = numbersAfter(numbersOf(this.#table.routes, before), snapshot.routes.map(asChange));
      await this.#tools.names.learn(this.#names());
      await both(
        this.#written(() => this.#log.rewrite()),
        this.map.serveAll(this.#entries()),
      );
      if (before.size > 0 || this.#numbers.size > 0) await this.#balancer.settle();
    });
  }

  /** Asks for the addresses of names that are due, and serves those that are others now. */
  async refreshNames(): Promise<void> {
    const { names } = this.#tools;
    await names.refresh();
    if (this.#stopping.signal.aborted) return;
    await this.#inTurn(async () => {
      names.keep(new Set(this.#names()));
      const changed = names.takeChanged();
      if (changed.size === 0) return;
      const records = this.#newAddresses(changed);
      if (records.length > 0 && this.#table.position !== null)
        await this.#written(() => this.#log.append(records));
      const hosts = Array.from(this.#named).flatMap(([host, ones]) =>
        ones.some((name) => changed.has(name)) ? [host] : [],
      );
      const entries = Array.from(this.#entries(hosts), ([key, value]) => ({ key, value }));
      if (hosts.some((host) => this.#numbers.has(host))) await this.#balancer.settle();
      if (entries.length > 0) await this.map.serve(entries, false);
    });
  }

  /** What haproxy's map has for a route. */
  entryOf(route: Route): string {
    return entryOf(route, this.#addressOf, this.#numbers.get(route.host));
  }

  readonly #addressOf: AddressOf = (host) => this.#tools.names.addressOf(host);

  #names(): Iterable<string> {
    return [...this.#named.values()].flat();
  }

  #entries(hosts: Iterable<string> = this.#table.routes.keys()): ReadonlyMap<string, string> {
    const entries = new Map<string, string>();
    for (const host of hosts) {
      const route = this.#table.routes.get(host);
      if (route !== undefined) entries.set(host, this.entryOf(route));
    }
    return entries;
  }

  #noteNames(): void {
    this.#named.clear();
    for (const route of this.#table.routes.values()) this.#noteName(route.host, route);
  }

  #noteName(host: string, route: Route | null): void {
    const names = route === null ? [] : targetHosts(route).filter((one) => !isIPv4(one));
    if (names.length === 0) this.#named.delete(host);
    else this.#named.set(host, names);
  }

  /** Records of the names whose address is not the one that the log has. */
  #newAddresses(names: Iterable<string>): LogRecord[] {
    return [...new Set(names)].flatMap((name): LogRecord[] => {
      const address = this.#tools.names.addressOf(name);
      const isKnown = address === null || isIPv4(name) || this.#log.addresses.get(name) === address;
      return isKnown ? [] : [{ is: "address", name, address }];
    });
  }

  /** Writes to the log until that has succeeded. */
  async #written(write: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    for (;;) {
      signal.throwIfAborted();
      const problem = await write().then(() => null, messageOf);
      this.#tools.onProblem("log", problem);
      if (problem === null) return;
      await delay(againMs, undefined, { signal }).catch(() => {});
    }
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(() => {
      this.#stopping.signal.throwIfAborted();
      return work();
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}

function asChange(route: StoredRoute) {
  return { host: route.host, route };
}

/** Records of the backends that routes have got. */
function newNumbers(before: ReadonlyMap<string, number>, now: ReadonlyMap<string, number>): LogRecord[] {
  return [...now].flatMap(([host, number]) =>
    before.get(host) === number ? [] : [{ is: "backend", host, number }],
  );
}

/** Resolves, or rejects, when both have ended: a turn that is over must leave nothing under way, as the log is closed then. */
async function both(...works: readonly [Promise<unknown>, Promise<unknown>]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === "rejected") throw result.reason;
}
