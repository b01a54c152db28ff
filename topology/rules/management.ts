import { overlap, subnet } from "../ip.ts";
import type { Problem } from "../problem.ts";
import { firstNetworks } from "../schema/vagrant.ts";
import { type Config, itemsOf, pairs } from "./draft.ts";
import type { Rule } from "./rule.ts";

/** Networks over which hosts are administered: beside that of the hosts, and no client's. */
export const managementRules: readonly Rule[] = [besideTheHosts, apart, noClients, ofFirstAdapter];

function managementOf({ network }: Config) {
  return itemsOf(network?.management, ["network", "management"]);
}

function* besideTheHosts(config: Config): Iterable<Problem> {
  const cidr = config.network?.cidr;
  if (cidr === undefined) return;
  for (const { item, path } of managementOf(config))
    if (overlap(item, cidr))
      yield {
        path,
        message: `${item} has addresses of network.cidr (${cidr}), whose logins firewall.ssh accepts: choose another network, or remove it`,
      };
  for (const { pair } of pairs(config))
    for (const { item, path } of managementOf(config))
      if (pair.vip?.address !== undefined && !subnet(cidr)?.contains(pair.vip.address))
        if (subnet(item)?.contains(pair.vip.address))
          yield {
            path,
            message: `${item} has the virtual address ${pair.vip.address}, which is for clients: choose another network`,
          };
}

function* apart(config: Config): Iterable<Problem> {
  const all = managementOf(config);
  for (const [at, { item, path }] of all.entries()) {
    const other = all.slice(0, at).find((earlier) => overlap(earlier.item, item));
    if (other !== undefined)
      yield {
        path,
        message: `${item} has addresses of ${other.item}, which is in the list already: remove one`,
      };
  }
}

/** Whoever is in such a network may log in. Clients from everywhere are a network that says nothing of who they are. */
function* noClients(config: Config): Iterable<Problem> {
  const sources = [
    ...(["clients", "monitoring", "admin"] as const).flatMap((key) =>
      itemsOf(config.firewall?.[key], ["firewall", key]).map(({ item }) => ({
        item,
        key: `firewall.${key}`,
      })),
    ),
    ...pairs(config).flatMap(({ pair, path }) =>
      itemsOf(pair.pool?.directClients, [...path, "pool", "directClients"]).map(({ item }) => ({
        item,
        key: "pool.directClients",
      })),
    ),
  ];
  for (const { item, path } of managementOf(config)) {
    const client = sources.find((source) => source.item !== "0.0.0.0/0" && overlap(source.item, item));
    if (client !== undefined)
      yield {
        path,
        message: `${item} has addresses of ${client.item} (${client.key}), and clients should not log in: choose a network of operators alone`,
      };
  }
}

/** The smallest network in which the providers give out addresses. */
const longestPrefix = 24;

/** Vagrant itself logs in over the first adapter of each machine, whose network is the first of these. */
function* ofFirstAdapter(config: Config): Iterable<Problem> {
  const { target, network, vagrant } = config;
  if (target !== "vagrant" || network === undefined || vagrant?.provider === undefined) return;
  const own = firstNetworks[vagrant.provider];
  if (!("management" in network)) {
    if (network.cidr !== undefined && overlap(network.cidr, own))
      yield {
        path: ["network", "management"],
        message: `is missing: the machines' first adapter would be on ${own}, which has addresses of network.cidr (${network.cidr}): set another one, such as [172.31.250.0/24]`,
      };
    return;
  }
  const path = ["network", "management"];
  if (network.management?.length === 0)
    yield {
      path,
      message: `is empty, and Vagrant logs in over the first of these: remove the key (default ${own})`,
    };
  const first = network.management?.[0];
  const { prefixLength = 0 } = subnet(first) ?? {};
  if (prefixLength > longestPrefix)
    yield {
      path: [...path, 0],
      message: `${first} is too small for the machines' first adapter: choose a /${longestPrefix} or larger`,
    };
}
