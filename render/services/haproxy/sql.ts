import * as z from "zod";
import { silentConnections } from "../../../topology/connections.ts";
import { poolersOf } from "../../../topology/pool.ts";
import type { Node, Pair } from "../../../topology/topology.ts";
import { poolBackend, sessionBackend } from "../../paths.ts";

const Server = z.strictObject({
  name: z.string(),
  address: z.string(),
  port: z.int(),
  /** Whether it serves only while no other one is up. */
  backup: z.boolean(),
});

export const SqlFronts = z.array(
  z.strictObject({
    frontend: z.string(),
    backend: z.string(),
    port: z.int(),
    maxConnections: z.int(),
    acceptedConnections: z.int(),
    connectionsPerSource: z.int(),
    servers: z.array(Server).min(1),
  }),
);

/** Places that one address alone cannot take. */
const placesForOthers = 250;

/** The ports of PostgreSQL's clients on a node, each with the poolers that serve it; none without a pool. */
export function sqlFronts(pair: Pair, node: Node): z.output<typeof SqlFronts> {
  const servers = (forSessions: boolean) =>
    poolersOf(pair)
      .filter((pooler) => pooler.forSessions === forSessions)
      .map(({ name, host, address, port }) => {
        const backup = pair.pool?.on === "nodes" && host !== node.name;
        return { name, address, port, backup };
      });
  return portsOf(pair).map(({ forSessions, ...front }) => ({
    ...front,
    acceptedConnections: accepted(front),
    connectionsPerSource: accepted(front) - placesForOthers,
    servers: servers(forSessions),
  }));
}

/** Connections that haproxy accepts at once on all ports of PostgreSQL's clients. */
export function sqlConnections(pair: Pair): number {
  return portsOf(pair)
    .map(accepted)
    .reduce((sum, one) => sum + one, 0);
}

function portsOf({ haproxy, pool }: Pair) {
  if (pool === undefined) return [];
  const { port, maxConnections } = haproxy;
  const main = { frontend: "postgresql", backend: poolBackend, port, maxConnections, forSessions: false };
  if (pool.session === undefined) return [main];
  const { port: sessionPort, maxConnections: sessions } = pool.session;
  const names = { frontend: "postgresql-sessions", backend: sessionBackend };
  return [main, { ...names, port: sessionPort, maxConnections: sessions, forSessions: true }];
}

/** Connections on a port, served or silent. */
function accepted({ maxConnections }: { readonly maxConnections: number }): number {
  return maxConnections + silentConnections;
}
