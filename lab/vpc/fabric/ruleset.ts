import { VpcDropped, type VpcRule, type VpcSpec } from "../../../contract/vpc.ts";
import { bridgePort } from "../../paths.ts";

/** The nftables ruleset of a VPC's subnet (nft(8)). Pure: text for `nft -f`. */

export const table = "ip vpc";
/** Where instance metadata answers. */
export const metadataAddress = "169.254.169.254";
/** How long a security group remembers a protocol without ports, s (EC2 User Guide, "Connection tracking"). */
const rememberedS = 600;
/** Each counts the packets that are dropped for its reason. */
export const counters = VpcDropped.keyof().options;

const quoted = (machine: string) => `"${bridgePort(machine)}"`;
/** An element of the set `owned`: this machine's interface owns the address. */
export const ownership = (machine: string, address: string) => `${quoted(machine)} . ${address}`;

/** Everything, as it is before any address has moved. */
export function ruleset(spec: VpcSpec): string {
  const { interfaces, endpoint } = spec;
  const elements = (parts: readonly string[]) =>
    parts.length > 0 ? `elements = { ${parts.join(", ")} };` : "";
  const owned = interfaces.map(({ machine, address }) => ownership(machine, address));
  const unchecked = interfaces.filter((one) => !one.sourceDestCheck).map((one) => quoted(one.machine));
  const dispatch = (way: Way) =>
    interfaces.map((one) => `${quoted(one.machine)} : jump ${chain(one.machine, way)}`);
  const services = `{ ${metadataAddress}, ${endpoint.address} }`;
  return `table ${table} {
  set owned { type ifname . ipv4_addr; ${elements(owned)} }
  set unchecked { type ifname; ${elements(unchecked)} }
  set seen { type ifname . ipv4_addr . inet_proto; flags dynamic, timeout; timeout ${rememberedS}s; size 1024; }
  set cut { type ifname; }
  set parted { type ifname . ifname; }
  map elastic { type ipv4_addr : ipv4_addr; }
${counters.map((name) => `  counter ${name} { }`).join("\n")}
${interfaces.flatMap(({ machine }) => [`  chain ${chain(machine, "out")} { }`, `  chain ${chain(machine, "in")} { }`]).join("\n")}
  chain ${endpointChain} { }
  chain translate {
    type nat hook output priority -100; policy accept;
    dnat to ip daddr map @elastic
  }
  chain arrive {
    type filter hook prerouting priority raw; policy accept;
    iifname @cut drop
    iifname "vb-*" ip daddr 224.0.0.0/4 counter name multicast drop
    iifname "vb-*" iifname != @unchecked iifname . ip saddr != @owned counter name spoofed drop
  }
  chain local {
    type filter hook input priority filter; policy accept;
    iifname "vb-*" ct state established,related accept
    iifname "vb-*" ip daddr ${metadataAddress} accept
    iifname vmap { ${dispatch("out").join(", ")} }
    iifname "vb-*" ip daddr ${endpoint.address} jump ${endpointChain}
  }
  chain pass {
    type filter hook forward priority filter; policy drop;
    iifname . oifname @parted drop
    ip protocol { tcp, udp, icmp } ct state established,related accept
    iifname vmap { ${dispatch("out").join(", ")} }
    oifname != @unchecked oifname . ip daddr != @owned counter name misdelivered drop
    oifname vmap { ${dispatch("in").join(", ")} }
    accept
  }
  chain sent {
    type filter hook output priority filter; policy accept;
    ip saddr ${services} accept
    ct state established,related accept
    oifname "vb-*" oifname != @unchecked oifname . ip daddr != @owned counter name misdelivered drop
    oifname vmap { ${dispatch("in").join(", ")} }
  }
  chain leave {
    type filter hook postrouting priority mangle; policy accept;
    oifname @cut drop
    ip saddr ${metadataAddress} ip ttl set 1
    ip protocol 112 ip ttl set 255
  }
}
${rules(spec, spec.rules)}`;
}

type Way = "in" | "out";
const trackedIn: Readonly<Record<Way, string>> = {
  in: "oifname . ip saddr . ip protocol",
  out: "iifname . ip daddr . ip protocol",
};

/** For packets to the API. Chains of machines begin with their way. */
const endpointChain = "endpoint_in";

/** A chain's name has no dash. */
function chain(machine: string, way: Way): string {
  return `${way}_${machine.replaceAll("-", "_")}`;
}

/** The security groups' rules in the place of the earlier ones. What those let through is remembered as AWS does. */
export function rules(spec: VpcSpec, all: readonly VpcRule[]): string {
  const { interfaces, endpoint } = spec;
  const commands = [
    ...interfaces.flatMap(({ machine, groups }) =>
      (["out", "in"] as const).flatMap((way) => {
        const tracked = trackedIn[way];
        // A protocol without ports is tracked by address and number: what one side may send, the other may answer. Each
        // packet prolongs that.
        const seen = `ip protocol 112 ${tracked} @seen update @seen { ${tracked} } return`;
        return filled(chain(machine, way), [seen, ...linesOf(spec, all, groups, way)], way);
      }),
    ),
    ...filled(endpointChain, linesOf(spec, all, endpoint.groups, "in"), "in"),
  ];
  return commands.map((line) => `${line}\n`).join("");
}

/** Commands that give a chain these rules alone; what none of them lets through is dropped. */
function filled(name: string, own: readonly string[], way: Way): readonly string[] {
  const drop = `counter name ${way === "out" ? "egress" : "ingress"} drop`;
  return [
    `flush chain ${table} ${name}`,
    ...[...own, drop].map((line) => `add rule ${table} ${name} ${line}`),
  ];
}

function linesOf(
  spec: VpcSpec,
  all: readonly VpcRule[],
  groups: readonly string[],
  way: Way,
): readonly string[] {
  return all
    .filter(({ group, direction }) => direction === way && groups.includes(group))
    .flatMap((rule) => lines(spec, rule, way));
}

function lines(spec: VpcSpec, { protocol, port, peer }: VpcRule, way: Way): readonly string[] {
  const other = way === "in" ? "ip saddr" : "ip daddr";
  const ends = "cidr" in peer ? [peer.cidr] : "made" in peer ? members(spec, peer.made) : [];
  return ends.flatMap((end) => {
    if (protocol !== "112") return [`${other} ${end} ${protocol}${dport(port)} return`];
    return [`${other} ${end} ip protocol 112 update @seen { ${trackedIn[way]} } return`];
  });
}

function dport(port: number | undefined): string {
  return port === undefined ? " dport 0-65535" : ` dport ${port}`;
}

/** Addresses of a group's members. */
function members({ interfaces, endpoint }: VpcSpec, group: string): readonly string[] {
  const own = interfaces.filter(({ groups }) => groups.includes(group)).map(({ address }) => address);
  return endpoint.groups.includes(group) ? [...own, endpoint.address] : own;
}
