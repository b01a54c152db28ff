import type { Pair, Pool } from "./topology.ts";

/** Where the parts of a pair's pool are. */

/** A machine of the pool; on the laptop that alone. */
export type PoolMachine = Pool["machines"][number];

/** A host on which poolers run: a machine of the pool, or a node. */
export interface PoolerHost {
  readonly name: string;
  readonly address: string;
}

/** One PgBouncer. */
export interface Pooler extends Pick<Pool, "mode" | "size"> {
  /** Name of its server in haproxy: the host and the port. */
  readonly name: string;
  readonly host: string;
  readonly address: string;
  readonly port: number;
  /** Whether it serves the pool's port for sessions. */
  readonly forSessions: boolean;
  /** PgBouncer's `peer_id`, unique in the pool. */
  readonly peerId: number;
}

/** Poolers of the main port, or of the port for sessions, that a host has at most (`pool.ports` in the schema). */
const poolersPerPort = 16;
/** 256 times as many are fewer than PgBouncer's highest `peer_id`, 2^14 - 1. */
const idsPerHost = 2 * poolersPerPort;

/** The hosts with poolers. */
export function poolerHostsOf({ pool, nodes }: Pick<Pair, "pool" | "nodes">): readonly PoolerHost[] {
  if (pool === undefined) return [];
  return pool.on === "nodes" ? nodes : pool.machines;
}

/**
 * Addresses and networks that connect to the poolers of a host from elsewhere: the nodes send clients, the other poolers'
 * hosts requests to cancel a query.
 */
export function poolerClientsOf(pair: Pick<Pair, "pool" | "nodes">, host: string): readonly string[] {
  const senders = [...pair.nodes, ...poolerHostsOf(pair)].filter(({ name }) => name !== host);
  return [...new Set(senders.map(({ address }) => address)), ...(pair.pool?.directClients ?? [])];
}

/** All poolers of a pair, in the order of their hosts: on each those of the main port, then those for sessions. */
export function poolersOf(pair: Pick<Pair, "pool" | "nodes">): readonly Pooler[] {
  const { pool } = pair;
  if (pool === undefined) return [];
  const hosts = poolerHostsOf(pair);
  const places = placesOf(hosts.map(({ address }) => address));
  return hosts.flatMap(({ name, address }, index) =>
    poolersOfHost(pool).map(({ id, ...pooler }) => ({
      ...pooler,
      name: `${name}-${pooler.port}`,
      host: name,
      address,
      peerId: (places[index] ?? 0) * idsPerHost + id,
    })),
  );
}

/**
 * A number for each host, below 256: the last one of its address, or the next that is free where an earlier host has that.
 * So a host keeps its number, and its poolers need no restart, while others come and go.
 */
function placesOf(addresses: readonly string[]): readonly number[] {
  const taken = new Set<number>();
  for (const address of addresses) {
    let place = Number(address.split(".").at(-1));
    while (taken.has(place)) place = (place + 1) % 256;
    taken.add(place);
  }
  return [...taken];
}

function poolersOfHost({ ports, mode, size, session }: Pool) {
  return [
    ...ports.map((port, index) => ({ id: index + 1, port, mode, size, forSessions: false })),
    ...(session?.ports ?? []).map((port, index) => ({
      id: poolersPerPort + index + 1,
      port,
      mode: "session" as const,
      size: session?.size ?? size,
      forSessions: true,
    })),
  ];
}

/** The poolers on one host. */
export function poolersOn(pair: Pick<Pair, "pool" | "nodes">, host: string): readonly Pooler[] {
  return poolersOf(pair).filter((pooler) => pooler.host === host);
}

/** The machine with the pair's own PostgreSQL; undefined where the database is external. */
export function postgresMachineOf(pool: Pool | undefined): PoolMachine | undefined {
  return pool?.database.external === undefined ? pool?.machines[0] : undefined;
}

/** The hosts whose poolers reach the pair's own PostgreSQL over the network. */
export function remotePoolerHostsOf(pair: Pick<Pair, "pool" | "nodes">): readonly PoolerHost[] {
  const postgres = postgresMachineOf(pair.pool);
  if (postgres === undefined) return [];
  return poolerHostsOf(pair).filter(({ name }) => name !== postgres.name);
}
