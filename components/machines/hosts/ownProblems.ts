import { ownConfiguration } from "../../../contract/ownership/ownConfiguration.ts";
import { ownLooseRules } from "../../../contract/ownership/ownFirewall.ts";
import type { Host } from "../../../topology/hosts.ts";
import type { Topology } from "../../../topology/topology.ts";
import { foreignListeners } from "./neededPorts.ts";
import { type OwnFacts, ownershipFactsIn, takingOf } from "./ownFacts.ts";

/** A sentence for everything of somebody's own on a host that `hosts.takeOver` does not have, and for every taken port. */
export function ownProblems(topology: Topology, host: Host, own: OwnFacts): readonly string[] {
  const { target } = topology;
  // Machines that a stack has made have nothing of somebody's own to take over.
  const takeOver: readonly string[] | undefined = target.kind === "hosts" ? target.takeOver : undefined;
  const findings = [
    ...ownConfiguration(ownershipFactsIn(own), takingOf(topology, host)),
    ...ownLooseRules(own.rules, own.ruleset),
  ];
  const refused = findings.filter(({ service }) => service === undefined || !takeOver?.includes(service));
  return [
    ...refused.map(
      ({ service, found, remedy }) =>
        `${found}: ${remedy}${service && takeOver ? `, or add ${service} to hosts.takeOver` : ""}`,
    ),
    ...foreignListeners(host, own.listeners),
  ];
}
