import {
  poolAgentConfig,
  poolConnections,
  poolFiles,
  poolPackages,
  poolPorts,
  poolUnits,
} from "./poolParts.ts";
import type { HostOf, Role } from "./role.ts";

/** A machine of a pool: PostgreSQL, poolers, or both. */
export const pool: Role<HostOf<"pool">> = {
  packages: ["pgbouncer", "postgresql-17"],
  packagesOn: poolPackages,
  bindsVirtualAddress: false,
  units: poolUnits,
  files: (_, host, secrets) => poolFiles(host, secrets),
  connections: poolConnections,
  openPorts: (_, host) => poolPorts(host),
  agentConfig: poolAgentConfig,
};
