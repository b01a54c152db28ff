/** Debian 13 packages that a host needs before its first bundle; the agent itself runs on `nodejs`. */
const everyHost = ["iptables", "nodejs", "procps", "rsyslog", "ufw"] as const;

const packagesByRole = {
  node: [...everyHost, "haproxy", "keepalived", "logrotate"],
  pool: [...everyHost, "pgbouncer", "postgresql-17"],
  internet: [...everyHost, "haproxy", "microsocks"],
} as const;

/** All of them, sorted: one image serves every role. */
export const hostPackages: readonly string[] = [...new Set(Object.values(packagesByRole).flat())].sort();
