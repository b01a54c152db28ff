import type { EgressServerConfig } from "../contract/egressConfig.ts";
import type { EgressGroup } from "./schema/egress.ts";
import type { StackConfig } from "./schema/stack.ts";

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

/** A SOCKS proxy that a lab's `internet` runs, in a network namespace with an address of its own. */
export interface LabProxy {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Whether the internet takes it for an exit of Cloudflare WARP. */
  readonly warp: boolean;
}

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
    }
  | {
      readonly role: "internet";
      readonly name: string;
      readonly address: string;
      readonly proxies: readonly LabProxy[];
    };

/** Every host, in the order in which a roll-out visits them: what others lead to before these. */
export function hostsOf(topology: Topology): readonly Host[] {
  return [...internetOf(topology), ...topology.pairs.flatMap(hostsOfPair)];
}

/** The hosts of one pair: its pool before the nodes that lead to it. */
export function hostsOfPair(pair: Pair): readonly Exclude<Host, { role: "internet" }>[] {
  return [
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
  ];
}

/** The machine that plays the internet, in a lab that has one. */
export function internetOf({ target, lab, pairs }: Topology): readonly Extract<Host, { role: "internet" }>[] {
  if (target !== "lab" || lab.internet === undefined) return [];
  return [{ role: "internet", name: "internet", address: lab.internet, proxies: labProxies(pairs) }];
}

/** Each proxy that no node runs itself, once: several groups may lead to one. */
function labProxies(pairs: readonly Pair[]): readonly LabProxy[] {
  const groups = pairs.flatMap(({ egress }) => egress?.groups ?? []);
  const proxies = groups.flatMap(({ servers, lastResorts }) => [
    ...servers.map((server) => ({ ...server, warp: false })),
    ...lastResorts,
  ]);
  const own = proxies.filter(({ wireproxy }) => !wireproxy);
  return [...new Map(own.map(({ wireproxy, ...proxy }) => [proxy.name, proxy])).values()];
}

/**
 * VRRP priority of the node at `index` where the config names none. Takeover waits 3 adverts and a skew of
 * (256 − priority)/256 of an advert (RFC 9568, 6.1): high priorities shorten it.
 */
export function defaultPriority(index: number): number {
  return 251 - index;
}

/** A group's proxies in the order of the config, last resorts at the end. */
export function serversOf({ servers, lastResorts }: EgressGroup): readonly EgressServerConfig[] {
  return [
    ...servers.map(({ wireproxy, ...server }) => ({ ...server, lastResort: false, warp: false })),
    ...lastResorts.map(({ wireproxy, ...server }) => ({ ...server, lastResort: true })),
  ];
}
