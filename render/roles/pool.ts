import { poolersOf } from "../../topology/topology.ts";
import { pgbouncerFiles, poolerUnit } from "../services/pgbouncer.ts";
import { postgresqlFiles, postgresUnit, rolesFile } from "../services/postgresql.ts";
import { tcpRules } from "../services/ufw.ts";
import type { HostOf, Role } from "./role.ts";

/** PostgreSQL and the poolers in front of it. */
export const pool: Role<HostOf<"pool">> = {
  packages: ["pgbouncer", "postgresql-17"],
  bindsVirtualAddress: false,

  units: ({ pool }) => ({
    enabled: [postgresUnit, ...poolersOf(pool).map(({ port }) => poolerUnit(port))],
    // The package's own single pooler would take a port of ours.
    disabled: ["pgbouncer.service"],
  }),

  files: (_, { pair, pool }, secrets) => [...pgbouncerFiles(pool), ...postgresqlFiles(pair, pool, secrets)],

  connections: ({ pool }) => poolersOf(pool).length * pool.maxClientConnections,

  openPorts({ network }, { address, pair, pool }) {
    const { directClients, postgres } = pool;
    const nodes = pair.nodes.map((node) => node.address);
    return [
      ...poolersOf(pool).flatMap(({ port }) =>
        tcpRules(network.interface, port, address, [...nodes, ...directClients]),
      ),
      ...tcpRules(network.interface, postgres.port, address, directClients),
    ];
  },

  agentConfig: ({ pool }) => ({
    pool: {
      poolers: poolersOf(pool).map(({ port, forSessions }) => ({
        unit: poolerUnit(port),
        port,
        ...(forSessions && { forSessions }),
      })),
      rolesFile,
      postgresUnit,
    },
  }),
};
