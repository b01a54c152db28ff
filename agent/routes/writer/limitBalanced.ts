import { mostBalanced } from "../../../contract/routes/balanced.ts";
import type { Change } from "../../../contract/routes/change.ts";
import { isBalanced, type Route } from "../../../contract/routes/route.ts";
import { RouteProblem } from "../problem.ts";
import { hostOf } from "./differences.ts";
import { targetField } from "./problems.ts";

/** Takes a place for each route of the changes that needs a backend; returns how to give them back. */
export type BalancedLimit = (changes: readonly Change[], routes: ReadonlyMap<string, Route>) => () => void;

/** Counts changes that are under way, too: the table has them only when they are served. */
export function openBalancedLimit(): BalancedLimit {
  const underWay = new Set<readonly string[]>();
  return (changes, routes) => {
    const hosts = changes.flatMap((change) => (isWanting(change) ? [hostOf(change)] : []));
    if (hosts.length > 0) limitBalanced(changes, routes, [...underWay].flat());
    underWay.add(hosts);
    return () => underWay.delete(hosts);
  };
}

/**
 * @param routes of the table before the changes
 * @param others hosts of further routes that will need one
 * @throws RouteProblem where the changes leave more routes with servers of their own than HAProxy has backends for
 */
function limitBalanced(
  changes: readonly Change[],
  routes: ReadonlyMap<string, Route>,
  others: readonly string[],
): void {
  const wanting = changes.findLastIndex(isWanting);
  const change = changes[wanting];
  if (change === undefined) return;
  const balanced = new Set(
    Array.from(routes.values()).flatMap((route) => (isBalanced(route) ? [route.host] : [])),
  );
  for (const one of changes) {
    if (isWanting(one)) balanced.add(hostOf(one));
    else balanced.delete(hostOf(one));
  }
  for (const host of others) balanced.add(host);
  if (balanced.size <= mostBalanced) return;
  throw new RouteProblem(
    "no-backend",
    `a pair has ${mostBalanced} routes with several targets, checks or a queue at most, and these would be ${balanced.size}: remove one, or use one target without check and queue`,
    targetField(wanting, change),
  );
}

function isWanting(change: Change): boolean {
  return change.do === "put" && isBalanced(change.route);
}
