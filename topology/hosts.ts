import { type InternetHost, internetOf } from "./labInternet.ts";
import type { TargetKind } from "./schema/targets.ts";
import type { Node, Pair, Pool, Target, Topology } from "./topology.ts";

interface NodeHost {
  readonly role: "node";
  readonly name: string;
  readonly address: string;
  readonly pair: Pair;
  readonly node: Node;
}

/** A machine of a pool. */
export interface PoolHost {
  readonly role: "pool";
  readonly name: string;
  readonly address: string;
  readonly pair: Pair;
  readonly pool: Pool;
}

/** A host of the topology, with its role: what it is for. */
export type Host = NodeHost | PoolHost | InternetHost;

/** Hosts that a target has beside those of the pairs. */
const hostsByTarget: {
  readonly [Kind in TargetKind]: (target: Target<Kind>, pairs: readonly Pair[]) => readonly InternetHost[];
} = {
  lab: internetOf,
  hosts: () => [],
  ec2: () => [],
  vagrant: () => [],
};

/** Every host, in the order of a roll-out: each after the hosts that it depends on. */
export function hostsOf({ target, pairs }: Topology): readonly Host[] {
  return [...hostsOfTarget(target, pairs), ...pairs.flatMap(hostsOfPair)];
}

function hostsOfTarget<Kind extends TargetKind>(target: Target<Kind>, pairs: readonly Pair[]) {
  return hostsByTarget[target.kind](target, pairs);
}

/** The hosts of one pair: its pool before the nodes that send clients there. */
export function hostsOfPair(pair: Pair): readonly (NodeHost | PoolHost)[] {
  const { pool, nodes } = pair;
  return [
    ...(pool?.on === "laptop" ? [] : poolMachinesOf(pair)),
    ...nodes.map((node) => ({ role: "node", name: node.name, address: node.address, pair, node }) as const),
  ];
}

/** The laptop with a pair's pool, which is no host of a roll-out; undefined where the pool is on hosts. */
export function laptopOf(pair: Pair): PoolHost | undefined {
  return pair.pool?.on === "laptop" ? poolMachinesOf(pair)[0] : undefined;
}

function poolMachinesOf(pair: Pair): readonly PoolHost[] {
  const { pool } = pair;
  if (pool === undefined) return [];
  return pool.machines.map(({ name, address }) => ({ role: "pool", name, address, pair, pool }) as const);
}
