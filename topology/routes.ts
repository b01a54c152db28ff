import { type PoolMachine, postgresMachineOf, remotePoolerHostsOf } from "./pool.ts";
import type { Pair } from "./topology.ts";

/** Where the parts of a pair's routes are. */

/** The machine of the pair's own PostgreSQL where that has the routes; undefined where they are elsewhere, or there are none. */
export function routesMachineOf({ pool, routes }: Pick<Pair, "pool" | "routes">): PoolMachine | undefined {
  return routes === undefined || routes.database !== undefined ? undefined : postgresMachineOf(pool);
}

/** Whether other hosts log in to the pair's own PostgreSQL: poolers, or the agents of the nodes. */
export function hasRemoteLogins(pair: Pick<Pair, "pool" | "nodes" | "routes">): boolean {
  return remotePoolerHostsOf(pair).length > 0 || routesMachineOf(pair) !== undefined;
}

/** Addresses of the pair itself, which its routes do not lead to unless they are allowed. */
export function ownAddressesOf({
  vip,
  nodes,
  pool,
}: Pick<Pair, "vip" | "nodes" | "pool">): readonly string[] {
  const hosts = [...nodes, ...(pool?.machines ?? [])];
  return [...new Set([vip.address, ...hosts.map(({ address }) => address)])];
}
