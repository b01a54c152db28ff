import { messageOf } from "../../base/failure.ts";
import { looseRules, otherFirewalls } from "../../contract/ownership.ts";
import { addressFamilies, savedFilter, savedRuleset } from "../host/netfilter.ts";
import type { System } from "../host/system.ts";
import { enablement, unitStates } from "../host/systemctl.ts";
import type { Finding } from "./finding.ts";
import { foreignRules, foreignTables } from "./netfilter.ts";

/** Firewalls other than ufw, and rules that none of these has loaded. */
export async function ownFirewall(host: System): Promise<readonly Finding[]> {
  return [...(await otherUnits(host)), ...(await loose(host))];
}

async function otherUnits(host: System): Promise<readonly Finding[]> {
  const units = otherFirewalls.map((name) => `${name}.service`);
  const states = await unitStates(host, units);
  const enabled = await enablement(host, units);
  return otherFirewalls.flatMap((name, at): Finding[] => {
    const unit = `${name}.service`;
    const isActive = states[at]?.active === "active";
    if (!isActive && enabled.get(unit) !== "enabled") return [];
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

async function loose(host: System): Promise<readonly Finding[]> {
  try {
    const saved = await Promise.all(addressFamilies.map((family) => savedFilter(host, family)));
    const rules = saved.flatMap(foreignRules);
    const tables = foreignTables(await savedRuleset(host));
    const found = [
      ...(rules.length > 0 ? [`${rules.length} rules of iptables, such as ${rules[0]}`] : []),
      ...tables.map((table) => `nftables' table ${table}`),
    ];
    return found.map((what) => ({
      service: looseRules,
      found: `${what} (not ufw's) decides on incoming packets`,
      remedy: "remove it; taken over, it stays beside hapair's rules",
    }));
  } catch (error) {
    return [{ service: undefined, found: "whose rules decide here is unknown", remedy: messageOf(error) }];
  }
}
