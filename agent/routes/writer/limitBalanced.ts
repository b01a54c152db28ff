import { mostBalanced } from "../../../contract/routes/balanced.ts";
import type { Change } from "../../../contract/routes/change.ts";
import { isBalanced, type Route } from "../../../contract/routes/route.ts";
import { RouteProblem } from "../problem.ts";
import { hostOf } from "./differences.ts";
import { targetField } from "./problems.ts";

/**
 * @param routes of the table before the changes
 * @throws RouteProblem where the changes leave more routes with servers of their own than HAProxy has backends for
 */
export function limitBalanced(changes: readonly Change[], routes: ReadonlyMap<string, Route>): void {
  const wanting = changes.findLastIndex((change) => change.do === "put" && isBalanced(change.route));
  const change = changes[wanting];
  if (change === undefined) return;
  const balanced = new Set(
    Array.from(routes.values()).flatMap((route) => (isBalanced(route) ? [route.host] : [])),
  );
  for (const one of changes) {
    if (one.do === "put" && isBalanced(one.route)) balanced.add(one.route.host);
    else balanced.delete(hostOf(one));
  }
  if (balanced.size <= mostBalanced) return;
  throw new RouteProblem(
    "no-backend",
    `a pair has ${mostBalanced} routes with several targets, checks or a queue at most, and these would be ${balanced.size}: remove one, or use one target without check and queue`,
    targetField(wanting, change),
  );
}
