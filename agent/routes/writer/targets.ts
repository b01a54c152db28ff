import ipaddr from "ipaddr.js";
import { forbiddenTargets } from "../../../contract/routes/targets.ts";
import type { RoutesConfig } from "../../../contract/routesConfig.ts";

interface Network {
  readonly address: ipaddr.IPv4;
  readonly prefix: number;
  /** What is there, for a sentence. */
  readonly what: string;
}

export interface TargetRules {
  /** No target, whatever is allowed. */
  readonly denied: readonly Network[];
  readonly allowed: readonly Network[];
  /** No target unless allowed. */
  readonly forbidden: readonly Network[];
}

/** @throws Error where a network is none */
export function targetRules(
  config: Pick<RoutesConfig, "ownAddresses" | "deniedTargets" | "allowedTargets">,
): TargetRules {
  return {
    denied: config.deniedTargets.map((text) => network(text, `in ${text}, which routes.deniedTargets has`)),
    allowed: config.allowedTargets.map((text) => network(text, "allowed")),
    forbidden: [
      ...config.ownAddresses.map((text) => network(`${text}/32`, "an address of the pair's own")),
      ...Object.entries(forbiddenTargets).map(([text, what]) => network(text, what)),
    ],
  };
}

/** Why a route must not lead to this IPv4 address; null where it may. HAProxy's configuration has the same rules. */
export function forbiddenTarget(address: string, rules: TargetRules): string | null {
  if (!ipaddr.IPv4.isValidFourPartDecimal(address)) return `${address} is no IPv4 address`;
  const parsed = ipaddr.IPv4.parse(address);
  const among = (networks: readonly Network[]) =>
    networks.find((one) => parsed.match(one.address, one.prefix));
  const found = among(rules.denied) ?? (among(rules.allowed) ? undefined : among(rules.forbidden));
  return found === undefined ? null : `${address} is ${found.what}`;
}

function network(text: string, what: string): Network {
  const [address, prefix] = ipaddr.IPv4.parseCIDR(text);
  return { address, prefix, what };
}
