/** Places on a host that more than one rendered file names. */
export const trackFile = "/run/hapair/haproxy-down";
export const runtimeSocket = "/run/haproxy/admin.sock";
/** As Debian's unit starts haproxy (`-S`). */
export const masterSocket = "/run/haproxy-master.sock";
export const serverStateFile = "/var/lib/haproxy/server-state";
export const rolesFile = "etc/hapair/roles.sql";

/** haproxy's backend of the pool. */
export const poolBackend = "poolers";
/** Connections that a daemon may hold open; haproxy needs two files a connection. */
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
