import { machineInterface } from "../../contract/lab.ts";
import { subnet } from "../ip.ts";
import type { Problem } from "../problem.ts";
import type { Config, Rule } from "./rule.ts";

/** What a lab's machines are, whatever the config would like; addresses and names are in `hosts.ts`, ports in `ports.ts`. */
export const labRules: readonly Rule[] = [ownInterface, reachableBySsh].map(
  (rule): Rule =>
    (config) =>
      config.target === "lab" ? rule(config) : [],
);

function* ownInterface({ network }: Config): Iterable<Problem> {
  const given = network?.interface;
  if (given !== undefined && given !== machineInterface)
    yield {
      path: ["network", "interface"],
      message: `${given}: the interface of a lab's machines is ${machineInterface}: remove this key`,
    };
}

/** Every login comes from the application server's address: the loopback ports lead through its namespace. */
function* reachableBySsh({ firewall, lab }: Config): Iterable<Problem> {
  const app = lab?.app;
  const networks = firewall?.ssh?.map((cidr) => subnet(cidr));
  if (app === undefined || networks === undefined || networks.includes(undefined)) return;
  if (!networks.some((network) => network?.contains(app)))
    yield {
      path: ["firewall", "ssh"],
      message: `has no network with lab.app (${app}) in it, from where every login to a lab's machines comes: add ${app}/32`,
    };
}
