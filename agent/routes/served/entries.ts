import type { Route } from "../../../contract/routes/route.ts";
import type { Backends } from "../balanced/backends.ts";
import type { Numbers } from "../balanced/numbers.ts";
import { type AddressOf, entryOf } from "../entry.ts";
import type { EntryChange } from "../haproxy/commands.ts";
import type { NumberedChange } from "../store/store.ts";
import type { Table } from "../table.ts";

/** What haproxy's map is to have for the routes of a table. */
export class Entries {
  readonly #table: Table;
  readonly #backends: Pick<Backends, "servedNumber">;
  readonly #addressOf: AddressOf;

  constructor(table: Table, backends: Pick<Backends, "servedNumber">, addressOf: AddressOf) {
    this.#table = table;
    this.#backends = backends;
    this.#addressOf = addressOf;
  }

  /** With the backend that the map may name for it. */
  of(route: Route): string {
    return entryOf(route, this.#addressOf, this.#backends.servedNumber(route));
  }

  /** By host, of those of the hosts that are routes. */
  all(hosts: Iterable<string> = this.#table.routes.keys()): ReadonlyMap<string, string> {
    const entries = new Map<string, string>();
    for (const host of hosts) {
      const route = this.#table.routes.get(host);
      if (route !== undefined) entries.set(host, this.of(route));
    }
    return entries;
  }

  /** The same as changes of a map. */
  changes(hosts: Iterable<string>): readonly EntryChange[] {
    return Array.from(this.all(hosts), ([key, value]) => ({ key, value }));
  }

  /** What changes of routes change. */
  after(changes: readonly NumberedChange[]): readonly EntryChange[] {
    return changes.map(({ host, route }) => ({ key: host, value: route && this.of(route) }));
  }

  /**
   * The longest entries that haproxy may come to be given with the changes.
   * @param numbers of backends, after the changes
   * @param isWhole also those of the routes that stay
   */
  longestAfter(
    changes: readonly NumberedChange[],
    numbers: Numbers,
    isWhole: boolean,
  ): ReadonlyMap<string, string> {
    const entries = new Map(isWhole ? this.all() : []);
    for (const { host, route } of changes) {
      if (route === null) entries.delete(host);
      else entries.set(host, entryOf(route, this.#addressOf, numbers.get(host)));
    }
    return entries;
  }
}
