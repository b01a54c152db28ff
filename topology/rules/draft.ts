import type { StackConfig } from "../schema/stack.ts";

/** What a rule sees of a config: any part may be missing. */
export type Config = Draft<StackConfig>;

export type Path = readonly PropertyKey[];

/** Something that must be one of a kind, with the path at which a person set it. */
export interface Claim<Value> {
  readonly value: Value | undefined;
  readonly path: Path;
}

export function pairs(config: Config) {
  return itemsOf(config.pairs, ["pairs"]).map(({ item: pair, path }) => ({ pair, path }));
}

export type DraftPair = ReturnType<typeof pairs>[number]["pair"];

/** The items of a list that are there, with their paths. */
export function itemsOf<Item>(
  list: readonly (Item | undefined)[] | undefined,
  path: Path,
): { readonly item: Item; readonly index: number; readonly path: Path }[] {
  return (list ?? []).flatMap((item, index) =>
    item === undefined ? [] : [{ item, index, path: [...path, index] }],
  );
}

/** Names or addresses of the pairs' hosts. */
export function ofPairHosts(config: Config, key: "name" | "address"): Claim<string>[] {
  return pairs(config).flatMap(({ pair, path }) => [
    ...itemsOf(pair.nodes, [...path, "nodes"]).map(({ item, path }) => ({
      value: item[key],
      path: [...path, key],
    })),
    { value: pair.pool?.[key], path: [...path, "pool", key] },
  ]);
}

/**
 * What a rule sees: any part may be missing, because the schema has already complained of it.
 * So every rule speaks even when another part of the config is broken, and a person mends all at once.
 */
type Draft<T> = T extends readonly (infer Item)[]
  ? readonly (Draft<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Draft<T[Key]> | undefined }
    : T;

/** A copy of `value` without what stands at `paths`. */
export function withoutPaths(value: unknown, paths: readonly (readonly PropertyKey[])[]): unknown {
  const copy: unknown = structuredClone(value);
  for (const path of paths) {
    const last = path.at(-1);
    const parent = path.slice(0, -1).reduce<unknown>(member, copy);
    if (last !== undefined && isObject(parent)) parent[last] = undefined;
  }
  return copy;
}

function member(value: unknown, key: PropertyKey): unknown {
  return isObject(value) ? value[key] : undefined;
}

function isObject(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === "object" && value !== null;
}

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
