import { isIPv4 } from "node:net";
import type { Route } from "../../../contract/routes/route.ts";
import { targetHosts } from "../entry.ts";

/** The hosts of routes that have targets by name, with these names. */
export class NamedHosts {
  readonly #names = new Map<string, readonly string[]>();

  /** @param route null where it goes */
  note(host: string, route: Route | null): void {
    const names = route === null ? [] : targetHosts(route).filter((one) => !isIPv4(one));
    if (names.length === 0) this.#names.delete(host);
    else this.#names.set(host, names);
  }

  /** In place of whatever was noted. */
  noteAll(routes: Iterable<Route>): void {
    this.#names.clear();
    for (const route of routes) this.note(route.host, route);
  }

  names(): readonly string[] {
    return [...this.#names.values()].flat();
  }

  hostsOf(names: ReadonlySet<string>): readonly string[] {
    return Array.from(this.#names).flatMap(([host, ones]) =>
      ones.some((name) => names.has(name)) ? [host] : [],
    );
  }
}
