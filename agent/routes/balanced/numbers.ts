import { balancedBackends } from "../../../contract/routes/balanced.ts";
import { isBalanced, type Route } from "../../../contract/routes/route.ts";

/** Numbers of haproxy's backends by the hosts whose servers they have. */
export type Numbers = ReadonlyMap<string, number>;

/** A route as it will be; null where it goes. */
export interface Wish {
  readonly host: string;
  readonly route: Route | null;
}

/** The numbers of the routes that need a backend and have one. @param known by host, also of routes that are gone */
export function numbersOf(routes: ReadonlyMap<string, Route>, known: Numbers): Map<string, number> {
  const numbers = new Map<string, number>();
  const taken = new Set<number>();
  for (const [host, number] of known) {
    const route = routes.get(host);
    if (route === undefined || !isBalanced(route) || taken.has(number)) continue;
    taken.add(number);
    numbers.set(host, number);
  }
  return numbers;
}

/**
 * The same after changes: a route keeps its backend as long as it needs one, and a further one gets the first of `free`. One
 * that finds none is left out: it is served without servers of its own. A number that the changes set free goes to none of
 * them: haproxy may still lead the route there that had it.
 */
export function numbersAfter(
  numbers: Numbers,
  changes: readonly Wish[],
  free: readonly number[],
): Map<string, number> {
  // A host may change more than once.
  const last = new Map(changes.map(({ host, route }) => [host, route]));
  const next = new Map(numbers);
  const left = [...free];
  for (const [host, route] of last) {
    if (route === null || !isBalanced(route)) next.delete(host);
    else if (!next.has(host)) {
      const number = left.shift();
      if (number !== undefined) next.set(host, number);
    }
  }
  return next;
}

/** All numbers, that one first which was given out longest ago where they go round. @param latest that was given out last */
export function numbersFrom(latest: number): readonly number[] {
  return Array.from({ length: balancedBackends }, (_, index) => ((latest + index) % balancedBackends) + 1);
}
