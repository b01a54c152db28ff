import ipaddr from "ipaddr.js";

/** A network adapter of this machine that virtual machines can join the network by. */
export interface Adapter {
  /** As the provider knows it: on Linux `eth0`, on macOS `en0: Wi-Fi (AirPort)`. */
  readonly name: string;
  /** Its network, such as 192.168.1.0/24; undefined where it has no IPv4 address. */
  readonly network: string | undefined;
  /** VirtualBox does not know the state of some adapters that work: unknown is not down. */
  readonly state: "up" | "down" | "unknown";
  readonly wireless: boolean;
}

/** The network of an address, by its netmask or prefix length; undefined for what is no address. */
export function networkOf(address: string, mask: string | number): string | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) || address === "0.0.0.0") return undefined;
  const length = typeof mask === "number" ? mask : prefixLengthOf(mask);
  return length === undefined
    ? undefined
    : `${ipaddr.IPv4.networkAddressFromCIDR(`${address}/${length}`)}/${length}`;
}

function prefixLengthOf(netmask: string): number | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(netmask)) return undefined;
  return ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask() ?? undefined;
}
