import { pgbouncerFiles, poolerUnit } from "../services/pgbouncer.ts";
import { postgresqlFiles, postgresUnit, rolesFile } from "../services/postgresql.ts";
import { tcpRules } from "../services/ufw.ts";
import type { HostOf, Role } from "./role.ts";

/** PostgreSQL and the poolers in front of it. */
export const pool: Role<HostOf<"pool">> = {
  packages: ["pgbouncer", "postgresql-17"],
  bindsVirtualAddress: false,

  units: ({ pool }) => ({
    enabled: [postgresUnit, ...pool.ports.map(poolerUnit)],
    // The package's own single pooler would take a port of ours.
    disabled: ["pgbouncer.service"],
  }),

  files: (_, { pair, pool }, secrets) => [...pgbouncerFiles(pool), ...postgresqlFiles(pair, pool, secrets)],

  connections: ({ pool }) => pool.ports.length * pool.maxClientConnections,

  openPorts(_, { address, interface: device, pair, pool }) {
    const { ports, directClients, postgres } = pool;
    const nodes = pair.nodes.map((node) => node.address);
    return [
      ...ports.flatMap((port) => tcpRules(device, port, address, [...nodes, ...directClients])),
      ...tcpRules(device, postgres.port, address, directClients),
    ];
  },

  agentConfig: ({ pool }) => ({
    pool: {
      poolers: pool.ports.map((port) => ({ unit: poolerUnit(port), port })),
      rolesFile,
      postgresUnit,
    },
  }),
};
