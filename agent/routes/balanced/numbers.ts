import { balancedBackends } from "../../../contract/routes/balanced.ts";
import { isBalanced, type Route } from "../../../contract/routes/route.ts";

type Numbers = ReadonlyMap<string, number>;

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
 * The same after changes: a route keeps its backend as long as it needs one, and a further one gets the first that is free.
 * One that finds none free is left out: it is served without servers of its own.
 */
export function numbersAfter(
  numbers: Numbers,
  changes: readonly { readonly host: string; readonly route: Route | null }[],
): Map<string, number> {
  // A host may change more than once.
  const last = new Map(changes.map(({ host, route }) => [host, route]));
  const needing = [...last].flatMap(([host, route]) => (route !== null && isBalanced(route) ? [host] : []));
  const next = new Map(numbers);
  for (const host of last.keys()) if (!needing.includes(host)) next.delete(host);
  const free = freeNumbers(next.values());
  for (const host of needing) {
    if (next.has(host)) continue;
    const number = free.shift();
    if (number !== undefined) next.set(host, number);
  }
  return next;
}

function freeNumbers(taken: Iterable<number>): number[] {
  const all = new Set(Array.from({ length: balancedBackends }, (_, index) => index + 1));
  for (const number of taken) all.delete(number);
  return [...all];
}
