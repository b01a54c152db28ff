/** Debian 13 packages that a host needs before its first bundle; the agent itself runs on `nodejs`. */
const everyHost = ["iptables", "nodejs", "procps", "rsyslog", "ufw"] as const;

const packagesByRole = {
  node: [...everyHost, "haproxy", "keepalived"],
  pool: [...everyHost, "pgbouncer", "postgresql-17"],
} as const;

/** All of them, sorted: one image serves both roles. */
export const hostPackages: readonly string[] = [
  ...new Set([...packagesByRole.node, ...packagesByRole.pool]),
].sort();
