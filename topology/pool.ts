import type { Pair, Pool } from "./topology.ts";

/** Where the parts of a pair's pool are. */

/** A machine of the pool. */
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

/** A host has at most 32 poolers. The ids of one host stay the same while another one gets or loses poolers. */
const idsPerHost = 100;

/** The hosts with poolers. */
export function poolerHostsOf({ pool, nodes }: Pick<Pair, "pool" | "nodes">): readonly PoolerHost[] {
  if (pool === undefined) return [];
  return pool.on === "nodes" ? nodes : pool.machines;
}

/** All poolers of a pair, in the order of their hosts: on each those of the main port, then those for sessions. */
export function poolersOf(pair: Pick<Pair, "pool" | "nodes">): readonly Pooler[] {
  const { pool } = pair;
  if (pool === undefined) return [];
  return poolerHostsOf(pair).flatMap(({ name, address }, host) =>
    poolersOfHost(pool).map((pooler, index) => ({
      ...pooler,
      name: `${name}-${pooler.port}`,
      host: name,
      address,
      peerId: host * idsPerHost + index + 1,
    })),
  );
}

function poolersOfHost({ ports, mode, size, session }: Pool) {
  return [
    ...ports.map((port) => ({ port, mode, size, forSessions: false })),
    ...(session?.ports ?? []).map((port) => ({
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
