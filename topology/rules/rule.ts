import { formatPath, type Problem } from "../problem.ts";
import type { StackConfig } from "../schema/stack.ts";

/** What a rule sees of a config: any part may be missing. */
export type Config = Draft<StackConfig>;
export type Rule = (config: Config) => Iterable<Problem>;
export type Path = readonly PropertyKey[];

/** Something that must be one of a kind, with the path at which a person set it. */
export interface Claim<Value> {
  readonly value: Value | undefined;
  readonly path: Path;
}

/** What a target adds to the rules of every config. */
export interface TargetRules {
  /** Rules of its own. */
  readonly rules: readonly Rule[];
  /** Hosts that it has beside those of the pairs. */
  readonly hosts: (
    config: Config,
  ) => readonly { readonly name: Claim<string>; readonly address: Claim<string> }[];
  /** Addresses of the network that it takes for other things. */
  readonly addresses: (config: Config) => readonly Claim<string>[];
  /** Loopback ports that it takes where the commands run. */
  readonly loopbackPorts: (config: Config) => readonly PortRow[];
}

/** Ports in a row: the first is set at `path`, each further one is one more. */
export interface PortRow {
  readonly first: number;
  readonly count: number;
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

/** Complains of every claim whose value an earlier one has, naming that earlier one. */
export function twice<Value extends string | number>(
  claims: readonly Claim<Value>[],
  complaint: string,
): Problem[] {
  const first = new Map<Value, Path>();
  return claims.flatMap(({ value, path }) => {
    if (value === undefined) return [];
    const owner = first.get(value);
    if (owner === undefined) {
      first.set(value, path);
      return [];
    }
    return [{ path, message: `${value}: ${formatPath(owner)} ${complaint}` }];
  });
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

/** A rule for each pair. */
export function ofPairs(rule: (pair: DraftPair, path: Path) => Iterable<Problem>): Rule {
  return (config) => pairs(config).flatMap(({ pair, path }) => [...rule(pair, path)]);
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
