import type { EgressServerConfig } from "../contract/egressConfig.ts";
import { defaultMetricsPort, type EgressGroup } from "./schema/egress.ts";
import type { StackConfig } from "./schema/stack.ts";
import type { TargetKind } from "./schema/targets.ts";

type PairConfig = StackConfig["pairs"][number];

/** A HAProxy host. */
export type Node = Omit<PairConfig["nodes"][number], "priority"> & { readonly priority: number };
type PoolConfig = NonNullable<PairConfig["pool"]>;
/** TLS between clients and poolers. */
export type Tls = {
  readonly [Key in keyof PoolConfig["tls"]]-?: NonNullable<PoolConfig["tls"][Key]>;
};
/** PgBouncers in front of a database. `pool.ts` tells where each part of it is. */
export type Pool = Omit<PoolConfig, "tls"> & { readonly tls: Tls };
/** A pair's virtual address. */
export interface Vip {
  readonly address: string;
  /** Present on EC2, where AWS delivers the address to the node that its API names, whatever the nodes have. */
  readonly aws?: {
    readonly mode: NonNullable<PairConfig["vip"]["mode"]>;
    readonly elasticIp: string;
  };
}

/** HAProxy hosts that share one virtual address. */
export type Pair = Omit<PairConfig, "nodes" | "pool" | "vip" | "vrrp"> & {
  readonly vip: Vip;
  readonly vrrp: Omit<PairConfig["vrrp"], "advertIntervalMs"> & { readonly advertIntervalMs: number };
  readonly nodes: readonly Node[];
  readonly pool?: Pool | undefined;
};

/** Where the machines come from, with the settings of the config's section of that name. */
export type Target<Kind extends TargetKind = TargetKind> = {
  readonly [K in Kind]: { readonly kind: K } & StackConfig[K];
}[Kind];

/** What a stack is: the parsed config with everything filled in. Plain data, frozen. */
export interface Topology extends Pick<StackConfig, "secrets" | "syslog"> {
  readonly target: Target;
  readonly network: {
    readonly cidr: string;
    readonly prefixLength: number;
    /** The same on every host; undefined where each host finds its own. */
    readonly interface: string | undefined;
    /** Networks of further interfaces, over which machines of these networks log in. */
    readonly management: readonly string[];
  };
  readonly firewall: { readonly [Who in keyof StackConfig["firewall"]]-?: readonly string[] };
  readonly pairs: readonly Pair[];
}

/**
 * VRRP priority of the node at `index` where the config names none. Takeover waits 3 adverts and a skew of
 * (256 − priority)/256 of an advert (RFC 9568, 6.1): high priorities shorten it.
 */
export function defaultPriority(index: number): number {
  return 251 - index;
}

/**
 * The host by which clients connect to a pair, as its certificate names it: the virtual address, or the first name where
 * the certificate is a public one: public authorities certify names.
 */
export function sqlHostOf({ vip, pool }: Pick<Pair, "vip" | "pool">): string {
  const { mode, certificate, names: [first] = [] } = pool?.tls ?? {};
  return mode !== "off" && certificate === "public" && first !== undefined ? first : vip.address;
}

/**
 * The address of a node that receives what clients send to the virtual address: AWS translates a public one to the
 * node's own.
 */
export function servedAddressOf({ vip }: Pick<Pair, "vip">, { address }: Pick<Node, "address">): string {
  return vip.aws?.mode === "elastic-ip" ? address : vip.address;
}

/** Where the agent of a node answers its `/metrics` and `/egress`. */
export function metricsPortOf({ egress }: Pick<Pair, "egress">): number {
  return egress?.metricsPort ?? defaultMetricsPort;
}

/** A group's proxies in the order of the config, last resorts at the end. */
export function serversOf({ servers, lastResorts }: EgressGroup): readonly EgressServerConfig[] {
  return [
    ...servers.map(({ wireproxy, ...server }) => ({ ...server, lastResort: false, warp: false })),
    ...lastResorts.map(({ wireproxy, ...server }) => ({ ...server, lastResort: true })),
  ];
}
