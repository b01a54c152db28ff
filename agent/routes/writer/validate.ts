import type { Change } from "../../../contract/routes/change.ts";
import { fullName, HostName } from "../../../contract/routes/route.ts";
import { RouteProblem } from "../problem.ts";
import { hostOf } from "./differences.ts";
import { hostField } from "./problems.ts";

/**
 * The changes with full host names.
 * @throws RouteProblem where a name is too long with its domain, or two changes are of one host
 */
export function validated(changes: readonly Change[], domains: readonly string[]): readonly Change[] {
  const fields = new Map<string, string>();
  return changes.map((change, place) => {
    const field = hostField(place, change);
    const host = fullName(hostOf(change), domains);
    const { error } = HostName.safeParse(host);
    if (error) throw new RouteProblem("bad-request", `${host}: ${error.issues[0]?.message}`, field);
    const other = fields.get(host);
    if (other !== undefined)
      throw new RouteProblem(
        "bad-request",
        `${host} is in ${other} already: a transaction changes a host once. Send only the last of the changes`,
        field,
      );
    fields.set(host, field);
    return change.do === "put" ? { ...change, route: { ...change.route, host } } : { ...change, host };
  });
}
