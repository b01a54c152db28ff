import type { StackConfig } from "./schema.ts";

type PairConfig = StackConfig["pairs"][number];

/** A HAProxy host. */
export type Node = Omit<PairConfig["nodes"][number], "priority"> & { readonly priority: number };
/** PgBouncers in front of PostgreSQL, on one machine. */
export type Pool = NonNullable<PairConfig["pool"]>;
/** HAProxy hosts that share one virtual address. */
export type Pair = Omit<PairConfig, "nodes"> & { readonly nodes: readonly Node[] };

/** What a stack is: the parsed config with everything filled in. Plain data, frozen. */
export type Topology = Omit<StackConfig, "network" | "firewall" | "pairs"> & {
  readonly network: StackConfig["network"] & { readonly prefixLength: number };
  readonly firewall: { readonly [Who in keyof StackConfig["firewall"]]-?: readonly string[] };
  readonly pairs: readonly Pair[];
};

/** A host of the topology and what it is there for. */
export type Host =
  | {
      readonly role: "node";
      readonly name: string;
      readonly address: string;
      readonly pair: Pair;
      readonly node: Node;
    }
  | {
      readonly role: "pool";
      readonly name: string;
      readonly address: string;
      readonly pair: Pair;
      readonly pool: Pool;
    };

/** Every host, in the order in which a roll-out visits them: a pool before the nodes that lead to it. */
export function hostsOf(topology: Topology): readonly Host[] {
  return topology.pairs.flatMap((pair): Host[] => [
    ...(pair.pool
      ? [{ role: "pool" as const, name: pair.pool.name, address: pair.pool.address, pair, pool: pair.pool }]
      : []),
    ...pair.nodes.map((node) => ({
      role: "node" as const,
      name: node.name,
      address: node.address,
      pair,
      node,
    })),
  ]);
}
