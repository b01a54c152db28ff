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
  if (!isAddress(address) || !/^\d{1,2}$/.test(length) || Number(length) > 32) return undefined;
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
