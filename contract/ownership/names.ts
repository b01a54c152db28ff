/** Daemons and parts of a host that read files of a bundle, in the order in which they load one. */
export const serviceNames = [
  "sysctl",
  "accounts",
  "systemd",
  "ufw",
  "rsyslog",
  "postgresql",
  "pgbouncer",
  "wireproxy",
  "haproxy",
  "hapair",
  "keepalived",
] as const;
export type ServiceName = (typeof serviceNames)[number];

/**
 * Firewalls that would decide beside ufw, or empty its rules: one that is taken over stops. Debian's ufw breaks
 * netfilter-persistent, so that both cannot be installed.
 */
export const otherFirewalls = ["firewalld", "nftables", "shorewall"] as const;

/** Rules for incoming packets that no unit of these loads: they stay beside ufw's. */
export const looseRules = "iptables";

/** Whose own configuration on a host may be taken over. */
export const takeOverNames = [...serviceNames, ...otherFirewalls, looseRules] as const;
export type TakeOverName = (typeof takeOverNames)[number];
