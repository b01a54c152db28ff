import ipaddr from "ipaddr.js";
import type { RoutesConfig } from "../../../contract/routesConfig.ts";

/** What routes must not lead to, as whoever may set a route could otherwise reach it through the pair. */
const forbiddenNetworks: readonly (readonly [network: string, what: string])[] = [
  ["0.0.0.0/8", "no address of a host"],
  ["127.0.0.0/8", "the node itself (loopback)"],
  ["169.254.0.0/16", "link-local, where clouds have the credentials of a machine"],
  // Metadata outside of link-local: Alibaba's, and Azure's channel to the host of a machine.
  ["100.100.100.200/32", "a cloud's metadata"],
  ["168.63.129.16/32", "a cloud's metadata"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/4", "reserved"],
  ["255.255.255.255/32", "broadcast"],
];

type Network = readonly [address: ipaddr.IPv4, prefix: number];

interface Rule {
  readonly network: Network;
  /** Why a target must not be there; null where it may be. */
  readonly why: string | null;
}

/** Of two networks of one size the first in the list decides. */
export type TargetRules = readonly Rule[];

/** @throws Error where a network is none */
export function targetRules(
  config: Pick<RoutesConfig, "ownAddresses" | "deniedTargets" | "allowedTargets">,
): TargetRules {
  const rule = (text: string, why: string | null): Rule => ({ network: network(text), why });
  return [
    ...config.deniedTargets.map((text) => rule(text, `in ${text}, which the config denies (deniedTargets)`)),
    ...config.allowedTargets.map((text) => rule(text, null)),
    ...config.ownAddresses.map((text) => rule(text, "an address of the pair's own")),
    ...forbiddenNetworks.map(([text, what]) => rule(text, what)),
  ];
}

/**
 * Why a route must not lead to this IPv4 address; null where it may. The smallest network that has the address decides, so
 * that a large one which the config allows opens neither loopback nor the pair's own addresses.
 */
export function forbiddenTarget(address: string, rules: TargetRules): string | null {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address)) return `${address} is no IPv4 address`;
  const parsed = ipaddr.IPv4.parse(address);
  let decides: Rule | undefined;
  for (const rule of rules) {
    if (decides !== undefined && rule.network[1] <= decides.network[1]) continue;
    if (parsed.match(rule.network[0], rule.network[1])) decides = rule;
  }
  return decides?.why == null ? null : `${address} is ${decides.why}`;
}

/** `10.0.0.0/8`, or one address. */
function network(text: string): Network {
  const [address, prefix] = ipaddr.IPv4.parseCIDR(text.includes("/") ? text : `${text}/32`);
  return [address, prefix];
}
