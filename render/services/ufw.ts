import * as z from "zod";
import { file, template } from "../template.ts";

export const ufwUnit = "ufw.service";

const FirewallRule = z.strictObject({
  /** Absent: whichever it comes by. */
  interface: z.optional(z.string()),
  protocol: z.enum(["tcp", "vrrp"]),
  /** 0 where the protocol has no ports. */
  port: z.int(),
  /** Address or network of the sender, and the address on this host. */
  from: z.string(),
  to: z.string(),
});
/** Packets that a host accepts. */
export type FirewallRule = z.infer<typeof FirewallRule>;

const settings = template("etc/ufw/ufw.conf", z.strictObject({}));
const rules4 = template("etc/ufw/user.rules", z.strictObject({ rules: z.array(FirewallRule) }));
const rules6 = template("etc/ufw/user6.rules", z.strictObject({}));
const sysctl = template("etc/ufw/sysctl.conf", z.strictObject({ trackedConnections: z.int() }));
const hook = template("etc/ufw/before.init", z.strictObject({ vrrp: z.boolean() }));

/** New connections a second for which connection tracking has room. */
const connectionRate = 1000;
/** The kernel remembers a closed connection for this long (nf_conntrack_tcp_timeout_time_wait). */
const rememberedS = 120;
/** The limit is a multiple of this, so that a changed number of connections seldom changes the firewall's files. */
const trackedStep = 131_072;

/**
 * The rules in ufw's own files. ufw's default policy drops everything else. `connections` are the client connections
 * at once; each has a second one, to a server.
 */
export function ufwFiles(rules: readonly FirewallRule[], connections: number) {
  const needed = 2 * (connections + connectionRate * rememberedS);
  const trackedConnections = Math.ceil(needed / trackedStep) * trackedStep;
  const vrrp = rules.some(({ protocol }) => protocol === "vrrp");
  return [
    file("etc/ufw/ufw.conf", settings({})),
    file("etc/ufw/user.rules", rules4({ rules: [...rules] }), { mode: "0640" }),
    file("etc/ufw/user6.rules", rules6({}), { mode: "0640" }),
    file("etc/ufw/sysctl.conf", sysctl({ trackedConnections })),
    file("etc/ufw/before.init", hook({ vrrp }), { mode: "0755" }),
  ];
}

/** One rule for each source that may connect to `port` at the address `to`. */
export function tcpRules(
  device: string | undefined,
  port: number,
  to: string,
  sources: readonly string[],
): readonly FirewallRule[] {
  return sources.map((from) => ({
    ...(device !== undefined && { interface: device }),
    protocol: "tcp",
    port,
    from,
    to,
  }));
}
