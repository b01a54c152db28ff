import { isBalanced, type Route } from "../../../contract/routes/route.ts";
import type { RoutesConfig } from "../../../contract/routesConfig.ts";
import type { AddressOf } from "../entry.ts";
import type { LogRecord } from "../log/record.ts";
import type { FoundLog } from "../log/routesLog.ts";
import { Balancer, type BalancerTools, type HaproxyServers } from "./balancer.ts";
import { type Numbers, numbersAfter, numbersFrom, numbersOf, type Wish } from "./numbers.ts";
import { wantedBackend, wantedBackends } from "./servers.ts";

export interface BackendTools extends Pick<BalancerTools, "onProblem" | "onSeen"> {
  readonly servers: HaproxyServers;
  readonly addressOf: AddressOf;
}

/**
 * Which of haproxy's backends each route has that needs servers of its own. haproxy's map may name a backend for a route once
 * haproxy has shown that it gives requests to no server of another one there; and a number goes to another route once the map
 * names it no more.
 */
export class Backends {
  readonly balancer: Balancer;
  readonly #table: FoundLog["table"];
  readonly #addressOf: AddressOf;
  readonly #authorities: string;
  #numbers: Numbers;
  /** Numbers that haproxy's map may still name for a route that has them no more: any, until it has this node's table. */
  #stale: ReadonlySet<number> = new Set(numbersFrom(0));
  /** Numbers by the hosts that had them last: what is open on a route's servers goes on where it gets the same again. */
  #had: Numbers;
  /** The number that was given out last. */
  #latest: number;
  /** Routes as the log has them, where the table has them not yet. */
  #changing: ReadonlyMap<string, Route | null> = new Map();

  constructor(config: RoutesConfig, { table, numbers }: FoundLog, tools: BackendTools) {
    const { drainS, authorities } = config.balanced;
    const { addressOf, servers, onProblem, onSeen } = tools;
    this.#table = table;
    this.#addressOf = addressOf;
    this.#authorities = authorities;
    this.#numbers = numbersOf(table.routes, numbers);
    this.#had = this.#numbers;
    this.#latest = [...numbers.values()].at(-1) ?? 0;
    const wanted = () =>
      table.position && wantedBackends(this.#numbered(), this.#numbers, addressOf, authorities);
    this.balancer = new Balancer(servers, { wanted, drainS, onProblem, onSeen });
  }

  get numbers(): Numbers {
    return this.#numbers;
  }

  /** Whether changes are of routes that have servers of their own, or will need some. */
  concern(changes: readonly Wish[]): boolean {
    return changes.some(
      ({ host, route }) => this.#numbers.has(host) || (route !== null && isBalanced(route)),
    );
  }

  /** The number that haproxy's map may have for a route; undefined where it leads to its first target alone. */
  servedNumber(route: Route): number | undefined {
    const number = this.#numbers.get(route.host);
    return number !== undefined && this.#isHeld(number, route) ? number : undefined;
  }

  /** The numbers after changes, which `take` makes those that hold. Out of those of haproxy's backends that are empty. */
  async numbersAfter(changes: readonly Wish[], numbers = this.#numbers): Promise<Numbers> {
    const wanting = changes.flatMap(({ host, route }) =>
      route !== null && isBalanced(route) && !numbers.has(host) ? [route] : [],
    );
    if (wanting.length > 0) await this.balancer.see();
    const taken = new Set([...this.#numbers.values(), ...this.#stale]);
    const again = wanting.flatMap((route) => {
      const number = this.#had.get(route.host);
      return number !== undefined && !taken.has(number) && this.#isHeld(number, route)
        ? [[route.host, number] as const]
        : [];
    });
    for (const [, number] of again) taken.add(number);
    const free = numbersFrom(this.#latest).filter(
      (number) => !taken.has(number) && this.balancer.isEmpty(number),
    );
    return numbersAfter(new Map([...numbers, ...again]), changes, free);
  }

  /**
   * Makes the numbers those that hold, before the map has them. Returns the records of those that are new.
   * @param changes that the table has not yet
   */
  take(numbers: Numbers, changes: readonly Wish[] = []): readonly LogRecord[] {
    const before = this.#numbers;
    const news = [...numbers].filter(([host, number]) => before.get(host) !== number);
    this.#stale = new Set([...this.#stale, ...before.values()]);
    this.#latest = news.findLast(([host, number]) => this.#had.get(host) !== number)?.[1] ?? this.#latest;
    const given = new Set(numbers.values());
    this.#had = new Map([...[...this.#had].filter(([, number]) => !given.has(number)), ...numbers]);
    this.#numbers = numbers;
    this.#changing = new Map(changes.map(({ host, route }) => [host, route]));
    return news.map(([host, number]) => ({ is: "backend", host, number }));
  }

  /** Haproxy's map is that of the table and of these numbers now. */
  served(): void {
    this.#stale = new Set();
    this.#changing = new Map();
  }

  /** Routes of the table that need a backend and have none. */
  without(): readonly Route[] {
    return Array.from(this.#table.routes.values()).filter(
      (route) => isBalanced(route) && !this.#numbers.has(route.host),
    );
  }

  #isHeld(number: number, route: Route): boolean {
    return this.balancer.isHeld(number, wantedBackend(route, this.#addressOf, this.#authorities));
  }

  /** The routes that have a number, as the log has them. */
  #numbered(): ReadonlyMap<string, Route> {
    const routes = new Map<string, Route>();
    for (const host of this.#numbers.keys()) {
      const changed = this.#changing.get(host);
      const route = changed === undefined ? this.#table.routes.get(host) : changed;
      if (route != null) routes.set(host, route);
    }
    return routes;
  }
}
