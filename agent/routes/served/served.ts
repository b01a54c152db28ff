import { setTimeout as delay } from "node:timers/promises";
import type { Route } from "../../../contract/routes/route.ts";
import type { RoutesConfig } from "../../../contract/routesConfig.ts";
import { type Numbers, numbersOf } from "../balanced/numbers.ts";
import { MapRefused, type RouteMap } from "../haproxy/routeMap.ts";
import type { FoundLog } from "../log/routesLog.ts";
import type { NumberedChange, Snapshot } from "../store/store.ts";
import type { Table } from "../table.ts";
import { Turns } from "../turns.ts";
import { type Kept, type KeptTools, openKept } from "./kept.ts";
import { both, Changes } from "./makeChanges.ts";

/** Pause before haproxy gets a table again that it has refused. */
const againMs = 1000;

/**
 * The routes that this node has on disk and serves. A change is written to the log and given to haproxy at the same time,
 * and counts once both have it; where one of them cannot, it is tried until it can. One change at a time.
 */
export class ServedRoutes {
  readonly #kept: Kept;
  readonly #changes: Changes;
  readonly #turns = new Turns();
  #isMending = false;
  /** Names of targets with other addresses than haproxy has. */
  #moved: ReadonlySet<string> = new Set();

  /** @param found the node's log as it is on disk */
  constructor(config: RoutesConfig, found: FoundLog, tools: KeptTools) {
    const { signal } = this.#turns;
    this.#kept = openKept(config, found, { ...tools, signal, onSeen: () => this.#mend() });
    this.#changes = new Changes(this.#kept);
  }

  get table(): Table {
    return this.#kept.table;
  }

  get map(): RouteMap {
    return this.#kept.map;
  }

  /** By host, the backend of each route that needs one. */
  get backends(): Numbers {
    return this.#kept.backends.numbers;
  }

  get logBytes(): number {
    return this.#kept.log.bytes;
  }

  /**
   * Gives haproxy what the log has; resolves to the version that it serves then. Where nothing is known, haproxy goes on with
   * what it has until the store tells the table: undefined.
   */
  async start(): Promise<number | undefined> {
    this.map.start();
    this.#kept.backends.balancer.start();
    return this.table.position === null ? undefined : this.serveTable();
  }

  /** Gives haproxy the table, again and again while it refuses it; resolves to the version that it serves then. */
  async serveTable(): Promise<number> {
    // In turns: what takes back a change that haproxy refuses must be made in between.
    for (;;) {
      const version = await this.#turns.take(() => this.#servedTable());
      if (version !== null) return version;
      await delay(againMs, undefined, { signal: this.#turns.signal });
    }
  }

  /** Resolves when nothing is under way any more; haproxy goes on serving. What is not made rejects. */
  async stop(): Promise<void> {
    const { backends, map, log } = this.#kept;
    const ended = this.#turns.stop("the daemon changes routes no more");
    backends.balancer.stop();
    await Promise.all([map.stop(), ended]);
    await log.close();
  }

  /** Why haproxy would refuse the routes; null where it does not. */
  rehearse(routes: readonly Route[]): Promise<string | null> {
    const { rehearsal, entries } = this.#kept;
    return rehearsal(new Map(routes.map((route) => [route.host, entries.of(route)])));
  }

  /** Resolves when these whole transactions are on disk and served. Rejects with MapRefused where haproxy refuses them. */
  make(changes: readonly NumberedChange[]): Promise<void> {
    return this.#turns.take(() => this.#changes.make(changes));
  }

  /** The same for a whole table, in place of the present one. Resolves to whether haproxy takes it. */
  replace(snapshot: Snapshot): Promise<boolean> {
    return this.#turns.take(async () => {
      const { table, log, backends, named, names } = this.#kept;
      const before = backends.numbers;
      table.replace(snapshot);
      named.noteAll(table.routes.values());
      await names.learn(named.names());
      const kept = numbersOf(table.routes, before);
      backends.take(await backends.numbersAfter(snapshot.routes.map(asChange), kept));
      const rewritten = () => log.rewrite(snapshot.version);
      if (before.size === 0 && backends.numbers.size === 0) {
        const [, version] = await both(rewritten(), this.#servedTable());
        return version !== null;
      }
      await rewritten();
      await backends.balancer.settle();
      return (await this.#servedTable()) !== null;
    });
  }

  /** Asks for the addresses of names that are due, and serves those that are others now. */
  async refreshNames(): Promise<void> {
    const { names } = this.#kept;
    await names.refresh();
    if (this.#turns.signal.aborted) return;
    await this.#turns.take(async () => {
      const { table, log, map, backends, entries, named } = this.#kept;
      names.keep(new Set(named.names()));
      const changed = new Set([...this.#moved, ...names.takeChanged()]);
      if (changed.size === 0) return;
      this.#moved = changed;
      const records = log.newAddresses(changed);
      if (records.length > 0 && table.position !== null) await log.append(records);
      const hosts = named.hostsOf(changed);
      if (hosts.some((host) => backends.numbers.has(host))) await backends.balancer.settle();
      const moved = entries.changes(hosts);
      if (moved.length > 0) await map.serve(moved, false);
      this.#moved = new Set();
    });
  }

  /** What is due once it is known which servers there are: numbers for routes without, and what the map has of all of them. */
  #mend(): void {
    const { table, log, map, backends, entries } = this.#kept;
    if (this.#isMending || table.position === null) return;
    this.#isMending = true;
    const mended = this.#turns.take(async () => {
      const wishes = backends.without().map(asChange);
      const records = wishes.length > 0 ? backends.take(await backends.numbersAfter(wishes)) : [];
      if (records.length > 0) {
        await log.append(records);
        backends.balancer.lookNow();
      }
      const others = entries
        .changes(backends.numbers.keys())
        .filter(({ key, value }) => map.entry(key) !== value);
      if (others.length > 0) await map.serve(others, false);
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
    const { table, map, backends, entries } = this.#kept;
    if (backends.numbers.size > 0) await backends.balancer.see();
    const version = table.position?.version ?? 0;
    try {
      await map.serveAll(entries.all());
    } catch (error) {
      if (error instanceof MapRefused) return null;
      throw error;
    }
    backends.served();
    this.#mend();
    return version;
  }
}

function asChange(route: Route) {
  return { host: route.host, route };
}
