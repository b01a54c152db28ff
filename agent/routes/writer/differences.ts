import type { Change, Difference } from "../../../contract/routes/change.ts";
import type { StoredRoute } from "../../../contract/routes/route.ts";
import { changed, missing, taken } from "../store/refusals.ts";

/** One for each change. @param before what each change replaces, in their order */
export function differences(
  changes: readonly Change[],
  before: readonly (StoredRoute | null | undefined)[],
): Difference[] {
  return changes.map((change, place) => {
    const replaced = before[place];
    return {
      host: hostOf(change),
      ...(replaced != null && { before: replaced }),
      ...(change.do === "put" && { after: change.route }),
    };
  });
}

/**
 * What a transaction would change of a table. Each host is there once.
 * @throws StoreRefusal as the store would
 */
export function preview(
  changes: readonly Change[],
  ifVersion: number | undefined,
  { version, routes }: { readonly version: number; readonly routes: ReadonlyMap<string, StoredRoute> },
): Difference[] {
  if (ifVersion !== undefined && ifVersion !== version) throw changed(version, ifVersion);
  const found = changes.map((change) => ({ change, before: routes.get(hostOf(change)) }));
  const others = found.find(({ change, before }) => before !== undefined && before.agent !== agentOf(change));
  if (others !== undefined) throw taken(hostOf(others.change));
  const absent = found.find(({ change, before }) => change.do === "remove" && before === undefined);
  if (absent !== undefined) throw missing(hostOf(absent.change));
  return differences(
    changes,
    found.map(({ before }) => before),
  );
}

export function hostOf(change: Change): string {
  return change.do === "put" ? change.route.host : change.host;
}

function agentOf(change: Change): string {
  return change.do === "put" ? change.route.agent : change.agent;
}
