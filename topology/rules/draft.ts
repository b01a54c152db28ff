import type { StackConfig } from "../schema/stack.ts";

/** A config as a rule gets it. */
export type Config = Draft<StackConfig>;

export type Path = readonly PropertyKey[];

/** A value that must be unique, with the path at which it is set. */
export interface Claim<Value> {
  readonly value: Value | undefined;
  readonly path: Path;
  /** What to do about a value that does not fit, where that is not to choose another one. */
  readonly remedy?: string;
}

export function pairs(config: Config) {
  return itemsOf(config.pairs, ["pairs"]).map(({ item: pair, path }) => ({ pair, path }));
}

/** A pair's name in a sentence; `PAIR` where the schema has reported it. */
export function nameOf({ pair }: ReturnType<typeof pairs>[number]): string {
  return pair.name ?? "PAIR";
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
    ...itemsOf(pair.pool?.machines, [...path, "pool", "machines"]).map(({ item, path }) => ({
      value: item[key],
      path: [...path, key],
    })),
  ]);
}

/**
 * Any part may be missing: what the schema has reported is left out. So the rules check the rest of a broken config, and
 * a person gets all its problems at once.
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

type DraftGroup = NonNullable<NonNullable<NonNullable<DraftPair["egress"]>["groups"]>[number]>;

type DraftProxy = NonNullable<NonNullable<DraftGroup["servers"]>[number]>;

/** An egress proxy, last resorts included, with its path. */
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

/** The proxies of all groups of a pair; one that several groups share is there several times. */
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
