import { messageOf } from "../../base/failure.ts";
import type { Finding } from "../../contract/ownership/finding.ts";
import { ownLooseRules } from "../../contract/ownership/ownFirewall.ts";
import { addressFamilies, savedFilter, savedRuleset } from "../host/netfilter.ts";
import type { System } from "../host/system.ts";

/** Rules that none of the known firewalls has loaded; rules that cannot be seen may be anybody's. */
export async function looseRulesOn(host: System): Promise<readonly Finding[]> {
  try {
    const saved = await Promise.all(addressFamilies.map((family) => savedFilter(host, family)));
    return ownLooseRules(saved.join("\n"), await savedRuleset(host));
  } catch (error) {
    return [{ service: undefined, found: "whose rules decide here is unknown", remedy: messageOf(error) }];
  }
}
