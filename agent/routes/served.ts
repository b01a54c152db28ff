import { isIPv4 } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../base/failure.ts";
import type { Route } from "../../contract/routes/route.ts";
import type { RoutesConfig } from "../../contract/routesConfig.ts";
import { entryOf, targetOf } from "./entry.ts";
import { openRehearsal, type Rehearsal } from "./haproxy/rehearsal.ts";
import { MapRefused, RouteMap } from "./haproxy/routeMap.ts";
import type { LogRecord } from "./log/record.ts";
import { type FoundLog, RoutesLog } from "./log/routesLog.ts";
import type { RouteMetrics } from "./metrics.ts";
import type { TargetNames } from "./names.ts";
import type { NumberedChange, Snapshot } from "./store/store.ts";
import type { RouteTable, Table } from "./table.ts";

/** Pause before the log is written to again after a failure, and before haproxy gets a table again that it has refused. */
const againMs = 1000;

export interface ServedTools {
  readonly names: TargetNames;
  readonly metrics: Pick<RouteMetrics, "served" | "reconciled">;
  /** Why haproxy's map or the log cannot be changed; null where it can. Told after each attempt. */
  readonly onProblem: (what: "haproxy" | "log", problem: string | null) => void;
}

/**
 * The routes that this node has on disk and serves. A change is written to the log and given to haproxy at the same time,
 * and counts once both have it; where one of them cannot, it is tried until it can. One change at a time. What haproxy
 * refuses is in the log, and not in the table: it comes again, together with what takes it back.
 */
export class ServedRoutes {
  readonly map: RouteMap;
  readonly #table: RouteTable;
  readonly #log: RoutesLog;
  readonly #tools: ServedTools;
  /** The target's name of each route that has one. */
  readonly #named = new Map<string, string>();
  readonly #rehearsal: Rehearsal;
  /** Number of the last change that the log has. */
  #logged: number;
  /** Whether haproxy has not taken the changes that it was given last. */
  #wasRefused = false;
  /** Names of targets with other addresses than haproxy has. */
  #moved: ReadonlySet<string> = new Set();
  readonly #stopping = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  /** @param found the node's log as it is on disk */
  constructor(config: RoutesConfig, found: FoundLog, tools: ServedTools) {
    this.#tools = tools;
    this.#table = found.table;
    const source = () => ({ table: this.#table, addresses: tools.names.addresses() });
    this.#log = new RoutesLog(config.folder, config.pair, found, source);
    this.#logged = found.table.position?.version ?? 0;
    const map = { socket: config.runtimeSocket, file: config.mapFile };
    this.#rehearsal = openRehearsal(map);
    this.map = new RouteMap(map, {
      onProblem: (problem) => tools.onProblem("haproxy", problem),
      onServed: tools.metrics.served,
      onReconciled: tools.metrics.reconciled,
    });
    this.#noteNames();
  }

  get table(): Table {
    return this.#table;
  }

  get logBytes(): number {
    return this.#log.bytes;
  }

  /**
   * Gives haproxy what the log has; resolves once that is served. Where nothing is known, haproxy goes on with what it has
   * until the store tells the table.
   */
  async start(): Promise<void> {
    this.map.start();
    if (this.#table.position === null) return;
    // In turns: what takes back a change that haproxy refuses must be made in between.
    while (!(await this.#inTurn(() => this.#accepted(this.map.serveAll(this.#entries())))))
      await delay(againMs, undefined, { signal: this.#stopping.signal });
  }

  /** Resolves when nothing is under way any more; haproxy goes on serving. What is not made rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the daemon changes routes no more"));
    await Promise.all([this.map.stop(), this.#last]);
    await this.#log.close();
  }

  /** Why haproxy would refuse the routes; null where it does not. */
  rehearse(routes: readonly Route[]): Promise<string | null> {
    return this.#rehearsal(new Map(routes.map((route) => [route.host, this.entryOf(route)])));
  }

  /** Resolves when these whole transactions are on disk and served. Rejects with MapRefused where haproxy refuses them. */
  make(changes: readonly NumberedChange[]): Promise<void> {
    return this.#inTurn(async () => {
      const targets = changes.flatMap(({ route }) => (route === null ? [] : [targetOf(route.target).host]));
      await this.#tools.names.learn(targets);
      const news = changes.filter(({ version }) => version > this.#logged);
      const records = news.map((change): LogRecord => ({ is: "change", ...change }));
      const entries = changes.map(({ host, route }) => ({ key: host, value: route && this.entryOf(route) }));
      // A client must not see half of what is refused, again and again, either.
      const together =
        this.#wasRefused || changes.some(({ version, transaction }) => version !== transaction);
      const logged = async () => {
        await this.#written(() => this.#log.append([...this.#newAddresses(targets), ...records]));
        this.#logged = news.at(-1)?.version ?? this.#logged;
      };
      this.#wasRefused = true;
      await both(logged(), this.map.serve(entries, together));
      this.#wasRefused = false;
      this.#table.make(changes);
      for (const { host, route } of changes) this.#noteName(host, route);
      // What was refused is in the log alone.
      if (this.#logged !== this.#table.position?.version) return;
      await this.#log.compact().catch((error: unknown) => this.#tools.onProblem("log", messageOf(error)));
    });
  }

  /** The same for a whole table, in place of the present one. */
  replace(snapshot: Snapshot): Promise<void> {
    return this.#inTurn(async () => {
      this.#table.replace(snapshot);
      this.#noteNames();
      await this.#tools.names.learn(this.#named.values());
      const rewritten = async () => {
        await this.#written(() => this.#log.rewrite());
        this.#logged = snapshot.version;
      };
      await both(rewritten(), this.map.serveAll(this.#entries()));
    });
  }

  /** Asks for the addresses of names that are due, and serves those that are others now. */
  async refreshNames(): Promise<void> {
    const { names } = this.#tools;
    await names.refresh();
    if (this.#stopping.signal.aborted) return;
    await this.#inTurn(async () => {
      names.keep(new Set(this.#named.values()));
      const changed = new Set([...this.#moved, ...names.takeChanged()]);
      if (changed.size === 0) return;
      this.#moved = changed;
      const records = this.#newAddresses(changed);
      if (records.length > 0 && this.#table.position !== null)
        await this.#written(() => this.#log.append(records));
      const hosts = Array.from(this.#named).flatMap(([host, name]) => (changed.has(name) ? [host] : []));
      const entries = Array.from(this.#entries(hosts), ([key, value]) => ({ key, value }));
      if (entries.length > 0) await this.map.serve(entries, false);
      this.#moved = new Set();
    });
  }

  /** What haproxy's map has for a route. */
  entryOf(route: Route): string {
    return entryOf(route, this.#tools.names.addressOf(targetOf(route.target).host));
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
    const name = route === null ? "" : targetOf(route.target).host;
    if (route === null || isIPv4(name)) this.#named.delete(host);
    else this.#named.set(host, name);
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

  /** Whether haproxy takes what it is given; false where it refuses it. */
  async #accepted(given: Promise<void>): Promise<boolean> {
    try {
      await given;
      return true;
    } catch (error) {
      if (error instanceof MapRefused) return false;
      throw error;
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

/** Resolves, or rejects, when both have ended: a turn that is over must leave nothing under way, as the log is closed then. */
async function both(...works: readonly [Promise<unknown>, Promise<unknown>]): Promise<void> {
  for (const result of await Promise.allSettled(works)) if (result.status === "rejected") throw result.reason;
}
