import { setImmediate } from "node:timers/promises";
import { answerCounters, timeCounter, trafficTables } from "../../../contract/routes/traffic.ts";
import type { TableRow } from "../../haproxy/tables.ts";

/** Beyond so many routes with traffic, further ones are counted together: each is some twenty series of Prometheus. */
export const mostRoutes = 1000;
/** No host name has such a character. */
const otherRoutes = "_other";
/** Rows of a table until others in the daemon have their turn. */
const rowsAtOnce = 500;

/** Counters of a route's answers, then what its circuit and its limit have refused. */
const placeOf: ReadonlyMap<string, number> = new Map([
  [trafficTables.answers, 0],
  [trafficTables.circuit, answerCounters],
  [trafficTables.connections, answerCounters + 1],
]);

/** What has been counted of a route, or of all further ones, since the agent's start. */
export class Traffic {
  /** Requests under way. */
  open = 0;
  readonly counted = new Float64Array(answerCounters + 2);

  /** The counters of the table of answers. */
  get answers(): Float64Array {
    return this.counted.subarray(0, answerCounters);
  }

  refused(table: "circuit" | "connections"): number {
    return this.counted[placeOf.get(trafficTables[table]) ?? -1] ?? 0;
  }
}

/**
 * Sums of what HAProxy's tables count, for as long as the agent runs. HAProxy's own begin anew with each worker, and with
 * each entry: one that nobody asks for is forgotten.
 */
export class TrafficSums {
  readonly #routes = new Map<string, Traffic>();
  /** What the entries had at the last reading, by table and key. */
  readonly #entries = new Map<string, { reading: number; readonly counters: Uint32Array }>();
  #worker = 0;
  #reading = 0;

  /** By host name. */
  get routes(): ReadonlyMap<string, Traffic> {
    return this.#routes;
  }

  /**
   * Adds what the tables have counted since the reading before.
   * @param worker process id of HAProxy's worker
   */
  async add(worker: number, rows: Iterable<TableRow>, isRoute: (host: string) => boolean): Promise<void> {
    if (worker !== this.#worker) this.#entries.clear();
    this.#worker = worker;
    this.#reading += 1;
    for (const [host, traffic] of this.#routes) {
      traffic.open = 0;
      if (host !== otherRoutes && !isRoute(host)) this.#routes.delete(host);
    }
    let turn = 0;
    for (const row of rows) {
      turn += 1;
      if (turn % rowsAtOnce === 0) await setImmediate();
      const more = this.#growthOf(row);
      if (isRoute(row.key)) this.#note(row, more);
    }
    for (const [name, { reading }] of this.#entries)
      if (reading !== this.#reading) this.#entries.delete(name);
  }

  #growthOf({ table, key, counters }: TableRow): readonly number[] {
    const name = `${table} ${key}`;
    const entry = this.#entries.get(name);
    const more = growth(counters, entry?.counters);
    if (entry === undefined)
      this.#entries.set(name, { reading: this.#reading, counters: Uint32Array.from(counters) });
    else {
      entry.reading = this.#reading;
      entry.counters.set(counters);
    }
    return more;
  }

  #note({ table, key, open }: TableRow, more: readonly number[]): void {
    const place = placeOf.get(table);
    if (place === undefined) return;
    const traffic = this.#trafficOf(key);
    traffic.open += open;
    // When HAProxy began to count what the first reading has, nobody knows.
    if (this.#reading === 1) return;
    for (const [at, count] of more.entries())
      traffic.counted[place + at] = (traffic.counted[place + at] ?? 0) + count;
  }

  #trafficOf(host: string): Traffic {
    const name = this.#routes.has(host) || this.#routes.size < mostRoutes ? host : otherRoutes;
    const traffic = this.#routes.get(name) ?? new Traffic();
    this.#routes.set(name, traffic);
    return traffic;
  }
}

/**
 * What an entry has counted since the reading before. Where a count is lower than it was, another entry is in the place of
 * that one. The time alone may pass its 32 bits, and goes back where somebody sets the clock.
 */
export function growth(now: readonly number[], before: ArrayLike<number> = []): readonly number[] {
  const isNew = now.some((count, at) => at !== timeCounter && count < (before[at] ?? 0));
  return now.map((count, at) => {
    const grown = isNew ? count : count - (before[at] ?? 0);
    return at === timeCounter ? Math.max(grown | 0, 0) : grown;
  });
}
