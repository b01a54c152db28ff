import type { Finding } from "./finding.ts";
import { looseRules, otherFirewalls } from "./names.ts";
import { foreignRules, foreignTables } from "./netfilter.ts";
import type { UnitLook } from "./ownershipFacts.ts";

export const otherFirewallUnits: readonly string[] = otherFirewalls.map((name) => `${name}.service`);

/** Firewalls other than ufw. */
export function ownFirewalls(units: ReadonlyMap<string, UnitLook>): readonly Finding[] {
  return otherFirewalls.flatMap((name): Finding[] => {
    const unit = `${name}.service`;
    const { isActive, isEnabled } = units.get(unit) ?? {};
    if (!isActive && !isEnabled) return [];
    const flushes = name === "nftables" && isActive;
    return [
      {
        service: name,
        found: `${unit}, another firewall, ${isActive ? "is active" : "starts at the next boot"}`,
        remedy: `systemctl disable --now ${unit}${flushes ? "; its stop removes every rule of this host, also those of other programs" : ""}`,
      },
    ];
  });
}

/**
 * Rules that none of the known firewalls has loaded.
 * @param saved what `iptables-save -t filter` prints, and the same of IPv6
 * @param ruleset what `nft list ruleset` prints
 */
export function ownLooseRules(saved: string, ruleset: string): readonly Finding[] {
  const rules = foreignRules(saved);
  const tables = foreignTables(ruleset);
  const found = [
    ...(rules.length > 0 ? [`${rules.length} rules of iptables, such as ${rules[0]}`] : []),
    ...tables.map((table) => `nftables' table ${table}`),
  ];
  return found.map((what) => ({
    service: looseRules,
    found: `${what} (not ufw's) decides on incoming packets`,
    remedy: "remove it; taken over, it stays beside hapair's rules",
  }));
}
