import ipaddr from "ipaddr.js";
import { subnet } from "./ip.ts";
import { isSecurityGroup } from "./schema/ec2.ts";
import type { StackConfig } from "./schema/stack.ts";
import type { Pair, Topology } from "./topology.ts";

/** What the section `ec2` of a config means. */
export type Ec2Section = StackConfig["ec2"];
export type Ec2Subnet = Ec2Section["subnets"][number];

export const defaultVipMode = "secondary-ip";

/** Sources of connections, networks and security groups. */
export type Ec2Sources = Readonly<Record<"application" | "monitoring" | "ssh" | "admin", readonly string[]>>;

export function sourcesOf(
  { application, monitoring, ssh, admin }: Pick<Ec2Section, keyof Ec2Sources>,
  network: string,
): Ec2Sources {
  const everybody = [network];
  return {
    application: application ?? everybody,
    monitoring: monitoring ?? everybody,
    ssh: ssh ?? everybody,
    admin: admin ?? everybody,
  };
}

/** Where the members of security groups may be when nothing is known of their VPC (RFC 1918, RFC 6598). */
const privateNetworks = ["10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16"];

/** What the hosts' own firewall accepts: it does not know who is in a security group, which AWS checks before it. */
export function ec2Firewall(section: Ec2Section, network: string): Topology["firewall"] {
  const members = section.vpc.cidr === undefined ? privateNetworks : [section.vpc.cidr];
  const networks = (sources: readonly string[]) => [
    ...new Set(sources.flatMap((source) => (isSecurityGroup(source) ? members : [source]))),
  ];
  const { application, monitoring, ssh, admin } = sourcesOf(section, network);
  return {
    clients: networks(application),
    monitoring: networks(monitoring),
    ssh: networks(ssh),
    admin: networks(admin),
  };
}

export function instanceTypeOf({
  instanceType,
  architecture,
}: Pick<Ec2Section, "instanceType" | "architecture">): string {
  return instanceType ?? { arm64: "t4g.small", amd64: "t3.small" }[architecture];
}

/** The subnet that has an address. */
export function subnetWith<S extends { readonly cidr?: string | undefined }>(
  subnets: readonly S[],
  address: string,
): S | undefined {
  return subnets.find(({ cidr }) => subnet(cidr)?.contains(address));
}

/** AWS keeps the first four addresses and the last one of each subnet. */
export function isReserved(cidr: string, address: string): boolean {
  const range = subnet(cidr);
  if (range === undefined || !range.contains(address)) return false;
  return address === range.broadcast || numberOf(address) - numberOf(range.network) < 4;
}

/** The range of the NAT gateway's subnet. */
export function natSubnetOf({ natSubnet, vpc }: Pick<Ec2Section, "natSubnet" | "vpc">): string | undefined {
  if (natSubnet !== undefined) return natSubnet;
  const range = subnet(vpc.cidr);
  return range && `${ipaddr.IPv4.networkAddressFromCIDR(`${range.broadcast}/28`)}/28`;
}

/**
 * Where the packets of a subnet's hosts leave for the internet: by the internet gateway, where only a host with a public
 * address gets an answer, or by the NAT gateway. `own`: by what a VPC that exists has for it.
 */
export type WayOut = "gateway" | "nat" | "none" | "own";

/** @param servesPublicly whether a node in the subnet serves a public address, whose answers have to leave by the gateway */
export function wayOut(
  {
    vpc,
    api,
    internet = "nat",
  }: {
    readonly vpc?: { readonly cidr?: string | undefined } | undefined;
    readonly api?: Ec2Section["api"] | undefined;
    readonly internet?: Ec2Section["internet"];
  },
  servesPublicly: boolean,
): WayOut {
  if (vpc?.cidr === undefined) return "own";
  return servesPublicly || api === "public" ? "gateway" : internet;
}

/** Whether clients may reach a pair by a public address. */
export function isPublic({ vip }: Pick<Pair, "vip">): boolean {
  return vip.aws !== undefined && (vip.aws.mode === "elastic-ip" || vip.aws.elasticIp !== "none");
}

export function wayOutOf(section: Ec2Section, { cidr }: Ec2Subnet, pairs: readonly Pair[]): WayOut {
  const nodes = pairs.filter(isPublic).flatMap((pair) => pair.nodes);
  return wayOut(
    section,
    nodes.some(({ address }) => subnet(cidr)?.contains(address)),
  );
}

function numberOf(address: string): number {
  return address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}
