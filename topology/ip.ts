import ipaddr from "ipaddr.js";

/** IPv4 arithmetic. Text that is not an address is never an error here: the schema reports it. */

export interface Subnet {
  readonly cidr: string;
  readonly prefixLength: number;
  readonly network: string;
  readonly broadcast: string;
  contains(address: string): boolean;
}

/** Four plain decimal parts: `ipaddr.js` alone would also take `10.1` or `0x0a.0.0.1`. */
export function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text);
}

/** An IPv4 CIDR block such as `10.0.1.0/24`; `undefined` where the text is not one or has host bits set. */
export function subnet(cidr: string | undefined): Subnet | undefined {
  const [address, length, ...rest] = (cidr ?? "").split("/");
  if (address === undefined || length === undefined || rest.length > 0) return undefined;
  // The firewall refuses a prefix length with a leading zero, such as /08.
  if (!isAddress(address) || !/^(0|[1-9]\d?)$/.test(length) || Number(length) > 32) return undefined;
  const range = ipaddr.IPv4.parseCIDR(`${address}/${length}`);
  const network = ipaddr.IPv4.networkAddressFromCIDR(`${address}/${length}`).toString();
  if (network !== address) return undefined;
  return {
    cidr: `${address}/${length}`,
    prefixLength: Number(length),
    network,
    broadcast: ipaddr.IPv4.broadcastAddressFromCIDR(`${address}/${length}`).toString(),
    contains: (other) => isAddress(other) && ipaddr.IPv4.parse(other).match(range),
  };
}

/** Whether two networks have an address in common. */
export function overlap(one: string, other: string): boolean {
  const [first, second] = [subnet(one), subnet(other)];
  if (first === undefined || second === undefined) return false;
  return first.contains(second.network) || second.contains(first.network);
}

/** Whether every address of `inner` is in `outer`. */
export function isWithin(inner: string, outer: string): boolean {
  const [small, large] = [subnet(inner), subnet(outer)];
  if (small === undefined || large === undefined) return false;
  return large.contains(small.network) && large.contains(small.broadcast);
}

/** Networks whose addresses no host has (RFC 6890; RFC 5771 for multicast), with what they are for. */
const withoutHosts = [
  ["0.0.0.0/8", "the address of no host"],
  ["224.0.0.0/4", "a multicast address"],
  ["255.255.255.255/32", "the broadcast address"],
] as const;

/** What an address is for, where no packet can be sent to it as to a host; `undefined` for the address of a host. */
export function notOfHost(address: string): string | undefined {
  return withoutHosts.find(([cidr]) => subnet(cidr)?.contains(address))?.[1];
}

/** Addresses that no other host has, or that no packet comes from. */
const unreachable = ["127.0.0.0/8", ...withoutHosts.map(([cidr]) => cidr)];

/** Whether a network lies where no packet comes from: in loopback, multicast, broadcast or 0.0.0.0/8. */
export function hasNoClients(cidr: string): boolean {
  const { prefixLength, network } = subnet(cidr) ?? {};
  if (prefixLength === undefined || network === undefined) return false;
  return unreachable.some((range) => {
    const outer = subnet(range);
    return outer !== undefined && outer.prefixLength <= prefixLength && outer.contains(network);
  });
}

/** The first of those networks with which `cidr` has an address in common: hosts cannot share such a network. */
export function unreachablePart(cidr: string): string | undefined {
  const own = subnet(cidr);
  return unreachable.find((range) => {
    const other = subnet(range);
    return other && own && (own.contains(other.network) || other.contains(own.network));
  });
}
