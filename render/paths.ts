import type { Pool } from "../topology/topology.ts";

/** Places on a host that more than one rendered file names. */
export const trackFile = "/run/hapair/haproxy-down";
/** Says `populated 1` while keepalived runs, to everybody (cgroups(7)). */
export const keepalivedEvents = "/sys/fs/cgroup/system.slice/keepalived.service/cgroup.events";
export const runtimeSocket = "/run/haproxy/admin.sock";
/** Where Debian's unit has it (`-S`). */
export const masterSocket = "/run/haproxy-master.sock";
export const serverStateFile = "/var/lib/haproxy/server-state";
export const rolesFile = "etc/hapair/roles.sql";

/** keepalived's second track file, written by the agent's loop: 1 where nothing of an essential group works. */
export const egressTrackFile = "/run/hapair/egress-down";
/** Below /var/lib; `StateDirectory` of the loop's unit. */
export const egressStateName = "hapair-egress";
export const egressStateFile = `/var/lib/${egressStateName}/state.json`;
/** What the loop prefers of a group: haproxy's map of one entry, read at every start of a worker. */
export const egressMapFile = (group: string): string => `/var/lib/${egressStateName}/${group}.map`;
/** Below /var/log; `LogsDirectory` of the loop's unit. */
export const egressLogsName = "hapair";
export const egressLogFolder = `/var/log/${egressLogsName}`;

export const wireproxyUnit = (server: string): string => `wireproxy@${server}.service`;
/** What such a unit reads, relative to `/`; holds a private key. */
export const wireproxyConfig = (server: string): string => `etc/hapair/wireproxy/${server}.conf`;

/** haproxy's backend of the pool. */
export const poolBackend = "poolers";
/** haproxy's frontend and backend of an egress group; `-unchecked` is the backend for when no check succeeds. */
export const egressBackend = (group: string): string => `egress-${group}`;
/** haproxy's backend that says whether the agent lives. */
export const agentBackend = "hapair";
/** Files that a daemon may hold open, where its own settings ask for no more. */
export const openFiles = 200_000;
/** As Debian names its cluster. */
export const postgresUnit = "postgresql@17-main.service";
export const poolerUnit = (port: number): string => `pgbouncer@${port}.service`;

/** Roles of the product's own. */
export const sqlRoles = {
  /** Logs in through the pair to prove that a query gets through. */
  probe: "hapair_probe",
  /** What the poolers look passwords up as. */
  lookup: "hapair_pooler",
  /** What haproxy's health check greets a pooler as; it never logs in. */
  check: "hapair_check",
} as const;

/** Where a lab's `internet` serves the targets. */
export const internetPorts = [80, 443, 8443] as const;
/** Its own end of the wire that it shares with the network namespaces of its proxies. */
export const exitsInterface = "exits0";
/** haproxy's map there of how long a source waits for each connection, ms; lives in memory only. */
export const delayMap = "virt@delays";

/** A connection URL of the application's role. A password may hold anything: it is encoded, never refused. */
export function databaseUrl({ user, database }: Pool, password: string, authority: string): string {
  return `postgresql://${user}:${encodeURIComponent(password)}@${authority}/${database}`;
}
