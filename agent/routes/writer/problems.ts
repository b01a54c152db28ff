import type { Change, TransactionResult } from "../../../contract/routes/change.ts";
import { RouteProblem } from "../problem.ts";
import { StoreFailure, StoreRefusal } from "../store/store.ts";
import { hostOf } from "./differences.ts";

/** What the store says, as a caller is told it. */
export function problemOf(error: unknown, changes: readonly Change[]): unknown {
  if (error instanceof StoreRefusal) return refusalProblem(error, changes);
  if (!(error instanceof StoreFailure)) return error;
  if (!error.mayHaveHappened) return new RouteProblem("unavailable", `nothing was changed: ${error.message}`);
  const remedy =
    "send the same request with the same Idempotency-Key, which is safe, or read the routes where it has none";
  return new RouteProblem(
    "timeout",
    `it is not known whether the change was made (${error.message}): ${remedy}`,
  );
}

function refusalProblem({ code, message, host }: StoreRefusal, changes: readonly Change[]): RouteProblem {
  switch (code) {
    case "taken":
    case "not-found":
      return new RouteProblem(code, message, host && fieldOf(changes, host));
    case "changed":
      return new RouteProblem(code, message, "ifVersion");
    case "reused":
      return new RouteProblem("bad-request", message, "Idempotency-Key");
  }
}

/** Path of a host's field in what the caller has sent. */
function fieldOf(changes: readonly Change[], host: string): string {
  const place = changes.findIndex((change) => hostOf(change) === host);
  return hostField(place, changes[place]);
}

export function hostField(place: number, change: Change | undefined): string {
  return change?.do === "put" ? `changes.${place}.route.host` : `changes.${place}.host`;
}

type Served = Pick<TransactionResult, "version" | "appliedOn" | "pendingOn">;

/** What has happened where a change was committed, and is not served in time everywhere where it had to be. */
export function lateProblem(
  { version, appliedOn, pendingOn }: Served,
  node: string,
  haproxy: string | null,
): RouteProblem {
  const where = appliedOn.length === 0 ? "served nowhere yet" : `served on ${appliedOn.join(", ")}`;
  const late = pendingOn.join(" and ");
  const why = haproxy === null ? "" : ` (HAProxy on ${node}: ${haproxy})`;
  const sentence = `the change was made, as version ${version}, and is ${where}: ${late} has not confirmed it in time${why}, and catches up by itself`;
  return new RouteProblem(pendingOn.includes(node) ? "timeout" : "not-everywhere", sentence);
}

/** HAProxy has refused the entries of a change before it was committed. @param words HAProxy's own */
export function rehearsedProblem(node: string, words: string): RouteProblem {
  return new RouteProblem(
    "refused",
    `nothing was changed: HAProxy on ${node} would not take it (${words}): see its journal there (journalctl -u haproxy)`,
  );
}

/** Where every change has to be made on all nodes. */
export function awayProblem(away: readonly string[]): RouteProblem {
  return new RouteProblem(
    "not-everywhere",
    `nothing was changed: ${away.join(" and ")} cannot be reached, and the config has every change made on all nodes (routes.require: all): start that node, or set routes.require to reachable`,
  );
}
