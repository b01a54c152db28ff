import { isIPv4 } from "node:net";
import { isBalanced } from "../../../contract/routes/route.ts";
import type { AddressOf } from "../entry.ts";
import type { Position } from "../store/store.ts";
import { RouteTable, type Table } from "../table.ts";
import { forbiddenTarget, type TargetRules } from "../writer/targets.ts";
import { type ChangeRecord, type LogRecord, lineOf, recordOf } from "./record.ts";

/** What a log says. */
export interface Replayed {
  readonly table: RouteTable;
  /** Addresses of targets by their names. */
  readonly addresses: Map<string, string>;
  /** Numbers of backends by the hosts that have them. */
  readonly numbers: Map<string, number>;
  /** Length of the beginning that is whole: the log goes on from there. */
  readonly wholeBytes: number;
  /**
   * What comes after that: nothing; a write that a crash has cut off, which nobody was told of; or what cannot be read
   * although readable lines follow it, or does not belong there, or is a log of another version or pair.
   */
  readonly rest: "none" | "torn" | "damaged";
}

/**
 * Reads a log up to the first line that cannot be read or does not follow from those before it. Of a transaction that has
 * not ended there, nothing is taken. Where the table at the log's beginning is not whole, its position is null: the store
 * then tells the whole table.
 */
export function replay(log: Buffer, pair: string): Replayed {
  const reader = new Reader(pair);
  let wholeBytes = 0;
  const ended = (rest: Replayed["rest"]): Replayed => {
    const { table, addresses, numbers, isBegun } = reader;
    if (!isBegun) table.position = null;
    return { table, addresses, numbers, wholeBytes, rest: isBegun || log.length === 0 ? rest : "damaged" };
  };
  for (let at = 0; at < log.length; ) {
    const end = log.indexOf(0x0a, at);
    if (end < 0) return ended("torn");
    const record = recordOf(log.subarray(at, end));
    if (record === undefined) return ended(hasRecord(log, end + 1) ? "damaged" : "torn");
    if (!reader.take(record)) return ended("damaged");
    at = end + 1;
    if (reader.isBetweenTransactions) wholeBytes = at;
  }
  return ended(wholeBytes < log.length ? "torn" : "none");
}

class Reader {
  readonly table = new RouteTable();
  readonly addresses = new Map<string, string>();
  readonly numbers = new Map<string, number>();
  readonly #pair: string;
  /** Routes of the table at the log's beginning that are still to come; undefined before the first line. */
  #missing: number | undefined;
  #pending: ChangeRecord[] = [];

  constructor(pair: string) {
    this.#pair = pair;
  }

  /** Whether the whole table at the log's beginning has been read. */
  get isBegun(): boolean {
    return this.#missing === 0;
  }

  get isBetweenTransactions(): boolean {
    return this.#pending.length === 0;
  }

  /** False where the record does not belong here. */
  take(record: LogRecord): boolean {
    if (record.is === "log") return this.#missing === undefined && this.#takeHead(record);
    if (this.#missing === undefined) return false;
    switch (record.is) {
      case "address":
        this.addresses.set(record.name, record.address);
        return true;
      case "backend":
        this.#takeNumber(record);
        return true;
      case "route":
        if (this.#missing === 0) return false;
        this.table.routes.set(record.route.host, record.route);
        this.#missing -= 1;
        return true;
      case "change":
        return this.isBegun && this.#takeChange(record);
    }
  }

  #takeHead({ pair, version, mark, routes }: LogRecord & { is: "log" }): boolean {
    if (pair !== this.#pair) return false;
    this.table.position = { version, mark };
    this.#missing = routes;
    return true;
  }

  #takeChange(record: ChangeRecord): boolean {
    const { version, transaction } = record;
    const isNext = version === (this.table.position?.version ?? 0) + this.#pending.length + 1;
    if (!isNext || transaction < version || (this.#pending[0] ?? record).transaction !== transaction)
      return false;
    this.#pending.push(record);
    if (version !== transaction) return true;
    const changes = this.#pending.splice(0);
    this.table.make(changes);
    for (const { host, route } of changes)
      if (route === null || !isBalanced(route)) this.numbers.delete(host);
    return true;
  }

  /** A route that has lost its number may be back without one, while another one has it. */
  #takeNumber({ host, number }: LogRecord & { is: "backend" }): void {
    for (const [other, one] of this.numbers) if (one === number) this.numbers.delete(other);
    this.numbers.set(host, number);
  }
}

/** Whether any line from there on can be read. */
function hasRecord(log: Buffer, from: number): boolean {
  for (let at = from; at < log.length; ) {
    const end = log.indexOf(0x0a, at);
    if (end < 0) return false;
    if (recordOf(log.subarray(at, end)) !== undefined) return true;
    at = end + 1;
  }
  return false;
}

/** Addresses of targets as a log has them, those alone that routes may lead to. */
export function knownAddress({ addresses }: Pick<Replayed, "addresses">, rules: TargetRules): AddressOf {
  return (host) => {
    const address = isIPv4(host) ? host : addresses.get(host);
    return address !== undefined && forbiddenTarget(address, rules) === null ? address : null;
  };
}

/** A log that begins with this table. */
export function beginningOf(
  pair: string,
  { position, routes }: Table & { readonly position: Position },
  addresses: ReadonlyMap<string, string>,
  numbers: ReadonlyMap<string, number>,
): string {
  // An agent of before there were routes with servers of their own reads up to the first line that has to do with them.
  const ordered = [...routes.values()].toSorted(
    (one, other) => Number(isBalanced(one)) - Number(isBalanced(other)),
  );
  return [
    lineOf({ is: "log", format: 1, pair, ...position, routes: routes.size }),
    ...Array.from(addresses, ([name, address]) => lineOf({ is: "address", name, address })),
    ...ordered.map((route) => lineOf({ is: "route", route })),
    ...Array.from(numbers, ([host, number]) => lineOf({ is: "backend", host, number })),
  ].join("");
}
