import { isDeepStrictEqual } from "node:util";
import type { Change } from "../../contract/routes/change.ts";
import { Route, type StoredRoute, targetsOf, type WeightedTarget } from "../../contract/routes/route.ts";
import { type UpdatesConfig, updatesAgent } from "../../contract/updates/config.ts";
import type { Made } from "../routes/made.ts";
import type { Checked } from "./life.ts";
import { UpdateProblem } from "./problem.ts";

/** What a list of nodes makes of the routes. */

type Settings = Pick<UpdatesConfig, "host" | "options">;
type Routes = ReadonlyMap<string, StoredRoute>;

/** The targets that the updater's route has now; none where there is no such route. */
export function targetsNow(routes: Routes, { host }: Pick<Settings, "host">): readonly WeightedTarget[] {
  const route = routes.get(host);
  return route?.agent === updatesAgent ? targetsOf(route) : [];
}

/**
 * The changes after which the routes are what is wanted; empty where they are. No targets: no route. One that the updater has
 * under another name is of an earlier config, and goes.
 */
export function changesTo(
  wanted: readonly WeightedTarget[],
  routes: Routes,
  { host, options }: Settings,
): readonly Change[] {
  const now = routes.get(host);
  const others = Array.from(routes.values()).filter((route) => isOwn(route) && route.host !== host);
  const removed = wanted.length === 0 && now !== undefined && isOwn(now) ? [now, ...others] : others;
  const targets = wanted.toSorted((one, other) => (one.url < other.url ? -1 : 1));
  const isSame =
    now !== undefined &&
    isOwn(now) &&
    isDeepStrictEqual(targetsOf(now), targets) &&
    isDeepStrictEqual(now.options, options);
  return [
    ...(targets.length > 0 && !isSame ? [putOf(targets, { host, options })] : []),
    ...removed.map((route): Change => ({ do: "remove", host: route.host, agent: updatesAgent })),
  ];
}

/** @throws UpdateProblem where this node has made its config before, and another node a newer one since */
export function assertNewest(made: Pick<Made, "isSo">, routes: Routes, { host, options }: Settings): void {
  if (made.isSo() !== true) return;
  const own = Array.from(routes.values()).filter(isOwn);
  const other = own.find((route) => route.host !== host);
  if (other === undefined && own.every((route) => isDeepStrictEqual(route.options, options))) return;
  const found =
    other === undefined ? `${host} has other options` : `there is ${other.host} in place of ${host}`;
  throw new UpdateProblem("superseded", `${found}; roll out to this node as well`);
}

export function putOf(targets: readonly WeightedTarget[], { host, options }: Settings): Change {
  return { do: "put", route: Route.parse({ host, agent: updatesAgent, targets, options }) };
}

/** A service that has lost most of its nodes at once has more often lost its memory. */
export function doubtOf(
  listed: number,
  wanted: readonly WeightedTarget[],
  now: readonly WeightedTarget[],
): Checked["doubt"] {
  if (listed === 0) return "empty";
  return now.length > 1 && wanted.length * 2 <= now.length ? "halved" : null;
}

function isOwn({ agent }: StoredRoute): boolean {
  return agent === updatesAgent;
}
