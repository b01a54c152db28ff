import { isIPv4 } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../base/failure.ts";
import type { Route } from "../../contract/routes/route.ts";
import type { RoutesConfig } from "../../contract/routesConfig.ts";
import { Backends } from "./balanced/backends.ts";
import type { HaproxyServers } from "./balanced/balancer.ts";
import { type Numbers, numbersOf } from "./balanced/numbers.ts";
import { type AddressOf, entryOf, targetHosts } from "./entry.ts";
import type { EntryChange } from "./haproxy/commands.ts";
import { openRehearsal, type Rehearsal } from "./haproxy/rehearsal.ts";
import { MapRefused, RouteMap } from "./haproxy/routeMap.ts";
import type { LogRecord } from "./log/record.ts";
import { type FoundLog, RoutesLog } from "./log/routesLog.ts";
import type { RouteMetrics } from "./metrics.ts";
import { NamedHosts } from "./namedHosts.ts";
import type { TargetNames } from "./names.ts";
import type { NumberedChange, Snapshot } from "./store/store.ts";
import type { RouteTable, Table } from "./table.ts";

/** Pause before the log is written to again after a failure, and before haproxy gets a table again that it has refused. */
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
 * and counts once both have it; where one of them cannot, it is tried until it can. One change at a time. What haproxy
 * refuses may be in the log, and is not in the table: it comes again, together with what takes it back.
 */
export class ServedRoutes {
  readonly map: RouteMap;
  readonly #table: RouteTable;
  readonly #log: RoutesLog;
  readonly #tools: ServedTools;
  readonly #backends: Backends;
  readonly #named = new NamedHosts();
  readonly #rehearsal: Rehearsal;
  /** Number of the last change that the log has. */
  #logged: number;
  #isMending = false;
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
    const source = () => ({
      table: this.#table,
      addresses: tools.names.addresses(),
      numbers: this.#backends.numbers,
    });
    this.#backends = new Backends(config, found, {
      servers: tools.servers,
      addressOf: this.#addressOf,
      onProblem: (problem) => tools.onProblem("servers", problem),
      onSeen: () => this.#mend(),
    });
    this.#log = new RoutesLog(config.folder, config.pair, found, source);
    this.#logged = found.table.position?.version ?? 0;
    const map = { socket: config.runtimeSocket, file: config.mapFile };
    this.#rehearsal = openRehearsal(map);
    this.map = new RouteMap(map, {
      onProblem: (problem) => tools.onProblem("haproxy", problem),
      onServed: tools.metrics.served,
      onReconciled: () => {
        tools.metrics.reconciled();
        this.#backends.balancer.lookNow();
      },
    });
    this.#named.noteAll(found.table.routes.values());
  }

  get table(): Table {
    return this.#table;
  }

  /** By host, the backend of each route that needs one. */
  get backends(): Numbers {
    return this.#backends.numbers;
  }

  get logBytes(): number {
    return this.#log.bytes;
  }

  /**
   * Gives haproxy what the log has; resolves to the version that it serves then. Where nothing is known, haproxy goes on with
   * what it has until the store tells the table: undefined.
   */
  async start(): Promise<number | undefined> {
    this.map.start();
    this.#backends.balancer.start();
    return this.#table.position === null ? undefined : this.serveTable();
  }

  /** Gives haproxy the table, again and again while it refuses it; resolves to the version that it serves then. */
  async serveTable(): Promise<number> {
    // In turns: what takes back a change that haproxy refuses must be made in between.
    for (;;) {
      const version = await this.#inTurn(() => this.#servedTable());
      if (version !== null) return version;
      await delay(againMs, undefined, { signal: this.#stopping.signal });
    }
  }

  /** Resolves when nothing is under way any more; haproxy goes on serving. What is not made rejects. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the daemon changes routes no more"));
    this.#backends.balancer.stop();
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
      const targets = changes.flatMap(({ route }) => (route === null ? [] : targetHosts(route)));
      await this.#tools.names.learn(targets);
      // A client must not see half of what is refused, again and again, either.
      const together =
        this.#wasRefused || changes.some(({ version, transaction }) => version !== transaction);
      const news = changes.filter(({ version }) => version > this.#logged);
      const addresses = this.#newAddresses(targets);
      const logged = async (numbers: readonly LogRecord[] = []) => {
        const records = news.map((change): LogRecord => ({ is: "change", ...change }));
        // Last: an agent of before there were such numbers reads a log up to the first one.
        await this.#written(() => this.#log.append([...addresses, ...records, ...numbers]));
        this.#logged = news.at(-1)?.version ?? this.#logged;
      };
      const served = () => this.map.serve(this.#entriesAfter(changes), together);
      this.#wasRefused = true;
      if (this.#backends.concern(changes)) await this.#makeBalanced(changes, logged, served);
      else await both(logged(), served());
      this.#wasRefused = false;
      this.#table.make(changes);
      this.#backends.served();
      for (const { host, route } of changes) this.#named.note(host, route);
      // What was refused is in the log alone.
      if (this.#logged !== this.#table.position?.version) return;
      await this.#log.compact().catch((error: unknown) => this.#tools.onProblem("log", messageOf(error)));
    });
  }

  /** The part of a change that has to do with routes with servers of their own: root makes these of the log. */
  async #makeBalanced(
    changes: readonly NumberedChange[],
    logged: (numbers: readonly LogRecord[]) => Promise<void>,
    served: () => Promise<void>,
  ): Promise<void> {
    const { balancer } = this.#backends;
    const before = this.#backends.numbers;
    const numbers = await this.#backends.numbersAfter(changes);
    // Before anything is changed: servers that are another one's already cannot be refused.
    const words = await this.#rehearsal(this.#rehearsedEntries(changes, numbers));
    if (words !== null) throw new MapRefused(words);
    const records = this.#backends.take(numbers, changes);
    try {
      await logged(records);
      // Those of a route that goes are taken out once no request is led there.
      const isSettled = changes.some(({ host }) => numbers.has(host));
      if (isSettled) await balancer.settle();
      await served();
      if (!isSettled) balancer.lookNow();
    } catch (error) {
      this.#backends.take(before);
      if (error instanceof MapRefused) {
        await this.#written(() => this.#log.rewrite());
        this.#logged = this.#table.position?.version ?? 0;
        balancer.lookNow();
      }
      throw error;
    }
  }

  /** The same for a whole table, in place of the present one. Resolves to whether haproxy takes it. */
  replace(snapshot: Snapshot): Promise<boolean> {
    return this.#inTurn(async () => {
      const before = this.#backends.numbers;
      this.#table.replace(snapshot);
      this.#named.noteAll(this.#table.routes.values());
      await this.#tools.names.learn(this.#named.names());
      const kept = numbersOf(this.#table.routes, before);
      this.#backends.take(await this.#backends.numbersAfter(snapshot.routes.map(asChange), kept));
      const rewritten = async () => {
        await this.#written(() => this.#log.rewrite());
        this.#logged = snapshot.version;
      };
      if (before.size === 0 && this.#backends.numbers.size === 0) {
        const [, version] = await both(rewritten(), this.#servedTable());
        return version !== null;
      }
      await rewritten();
      await this.#backends.balancer.settle();
      return (await this.#servedTable()) !== null;
    });
  }

  /** Asks for the addresses of names that are due, and serves those that are others now. */
  async refreshNames(): Promise<void> {
    const { names } = this.#tools;
    await names.refresh();
    if (this.#stopping.signal.aborted) return;
    await this.#inTurn(async () => {
      names.keep(new Set(this.#named.names()));
      const changed = new Set([...this.#moved, ...names.takeChanged()]);
      if (changed.size === 0) return;
      this.#moved = changed;
      const records = this.#newAddresses(changed);
      if (records.length > 0 && this.#table.position !== null)
        await this.#written(() => this.#log.append(records));
      const hosts = this.#named.hostsOf(changed);
      if (hosts.some((host) => this.#backends.numbers.has(host))) await this.#backends.balancer.settle();
      const entries = Array.from(this.#entries(hosts), ([key, value]) => ({ key, value }));
      if (entries.length > 0) await this.map.serve(entries, false);
      this.#moved = new Set();
    });
  }

  /** What haproxy's map has for a route. */
  entryOf(route: Route): string {
    return entryOf(route, this.#addressOf, this.#backends.servedNumber(route));
  }

  /** What is due once it is known which servers there are: numbers for routes without, and what the map has of all of them. */
  #mend(): void {
    if (this.#isMending || this.#table.position === null) return;
    this.#isMending = true;
    const mended = this.#inTurn(async () => {
      const wishes = this.#backends.without().map(asChange);
      const records = wishes.length > 0 ? this.#backends.take(await this.#backends.numbersAfter(wishes)) : [];
      if (records.length > 0) {
        await this.#written(() => this.#log.append(records));
        this.#backends.balancer.lookNow();
      }
      const wanted = Array.from(this.#entries(this.backends.keys()), ([key, value]) => ({ key, value }));
      const entries = wanted.filter(({ key, value }) => this.map.entry(key) !== value);
      if (entries.length > 0) await this.map.serve(entries, false);
    });
    // The map itself says what is wrong, and the next look comes here again.
    mended
      .catch(() => {})
      .finally(() => {
        this.#isMending = false;
      });
  }

  /** Null where haproxy refuses the table, otherwise its version. */
  async #servedTable(): Promise<number | null> {
    if (this.backends.size > 0) await this.#backends.balancer.see();
    const version = this.#table.position?.version ?? 0;
    try {
      await this.map.serveAll(this.#entries());
    } catch (error) {
      if (error instanceof MapRefused) return null;
      throw error;
    }
    this.#backends.served();
    this.#mend();
    return version;
  }

  #entriesAfter(changes: readonly NumberedChange[]): readonly EntryChange[] {
    return changes.map(({ host, route }) => ({ key: host, value: route && this.entryOf(route) }));
  }

  /** The longest entries that haproxy may come to be given with the changes. */
  #rehearsedEntries(changes: readonly NumberedChange[], numbers: Numbers): ReadonlyMap<string, string> {
    const entries = new Map(this.map.isRefused ? this.#entries() : []);
    for (const { host, route } of changes) {
      if (route === null) entries.delete(host);
      else entries.set(host, entryOf(route, this.#addressOf, numbers.get(host)));
    }
    return entries;
  }

  readonly #addressOf: AddressOf = (host) => this.#tools.names.addressOf(host);

  #entries(hosts: Iterable<string> = this.#table.routes.keys()): ReadonlyMap<string, string> {
    const entries = new Map<string, string>();
    for (const host of hosts) {
      const route = this.#table.routes.get(host);
      if (route !== undefined) entries.set(host, this.entryOf(route));
    }
    return entries;
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

function asChange(route: Route) {
  return { host: route.host, route };
}

/** Resolves, or rejects, when both have ended: a turn that is over must leave nothing under way, as the log is closed then. */
async function both<One, Two>(one: Promise<One>, two: Promise<Two>): Promise<[One, Two]> {
  await Promise.allSettled([one, two]);
  return [await one, await two];
}
