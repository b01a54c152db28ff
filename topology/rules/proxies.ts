import { type DraftPair, itemsOf, type Path } from "./rule.ts";

/** Egress proxies of a config, last resorts included. */

type DraftGroup = NonNullable<NonNullable<NonNullable<DraftPair["egress"]>["groups"]>[number]>;
type DraftProxy = NonNullable<NonNullable<DraftGroup["servers"]>[number]>;

export interface PlacedProxy {
  readonly proxy: DraftProxy;
  readonly path: Path;
}

export function groupsOf(pair: DraftPair, path: Path) {
  return itemsOf(pair.egress?.groups, [...path, "egress", "groups"]).map(({ item: group, path }) => ({
    group,
    path,
  }));
}

export function proxiesOf(group: DraftGroup, path: Path): PlacedProxy[] {
  return [
    ...itemsOf<DraftProxy>(group.servers, [...path, "servers"]),
    ...itemsOf<DraftProxy>(group.lastResorts, [...path, "lastResorts"]),
  ].map(({ item: proxy, path }) => ({ proxy, path }));
}

/** Those of all groups of a pair; one that several groups share as often as it stands there. */
export function allProxies(pair: DraftPair, path: Path): PlacedProxy[] {
  return groupsOf(pair, path).flatMap(({ group, path }) => proxiesOf(group, path));
}

/** Each proxy of a pair that its nodes run, once: groups may share one, whose port is the same everywhere. */
export function wireproxiesOf(pair: DraftPair, path: Path): PlacedProxy[] {
  const once = new Map<number | undefined, PlacedProxy>();
  for (const placed of allProxies(pair, path))
    if (placed.proxy.wireproxy && !once.has(placed.proxy.port)) once.set(placed.proxy.port, placed);
  return [...once.values()];
}
