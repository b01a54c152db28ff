import { type Subnet, subnet } from "../ip.ts";
import type { Problem } from "../problem.ts";
import { defaultPriority } from "../topology.ts";
import { type Claim, type Config, type DraftPair, itemsOf, ofPairHosts, type Path, pairs } from "./draft.ts";
import { ofPairs, type Rule, twice } from "./rule.ts";
import { targetOf } from "./targets.ts";

/** Addresses and names of hosts, VRRP's own numbers. */
export const hostRules: readonly Rule[] = [
  (config) =>
    [...hostAddressClaims(config), ...pairs(config).filter(isOnNetwork).map(vipClaim)].flatMap((claim) => [
      ...insideNetwork(config, claim),
    ]),
  (config) => twice(addressClaims(config), "has this address already"),
  (config) => twice(nameClaims(config), "has this name already"),
  (config) => nameClaims(config).flatMap((claim) => [...ownName(claim)]),
  (config) =>
    twice(
      pairs(config).map(({ pair, path }) => ({ value: pair.name, path: [...path, "name"] })),
      "has this name already",
    ),
  (config) =>
    twice(
      pairs(config).map(({ pair, path }) => ({
        value: pair.vrrp?.routerId,
        path: [...path, "vrrp", "routerId"],
      })),
      "has this router id already: choose another from 1 to 255",
    ),
  ofPairs((pair, path) =>
    twice(
      priorityClaims(pair, path),
      "has this priority already: peers with equal priority compete for the address",
    ),
  ),
];

/** Everything that has an address of its own. */
export function addressClaims(config: Config): Claim<string>[] {
  return [...hostAddressClaims(config), ...pairs(config).map(vipClaim)];
}

function hostAddressClaims(config: Config): Claim<string>[] {
  const target = targetOf(config);
  return [
    ...target.hosts(config).map(({ address }) => address),
    ...ofPairHosts(config, "address"),
    ...target.addresses(config),
  ];
}

type PlacedPair = ReturnType<typeof pairs>[number];

function vipClaim({ pair, path }: PlacedPair): Claim<string> {
  return { value: pair.vip?.address, path: [...path, "vip", "address"] };
}

/** A public address and one with a route of its own are not on the hosts' network. */
function isOnNetwork({ pair }: PlacedPair): boolean {
  return pair.vip?.mode === undefined || pair.vip.mode === "secondary-ip";
}

/** Names of the machines. */
function nameClaims(config: Config): Claim<string>[] {
  return [
    ...targetOf(config)
      .hosts(config)
      .map(({ name }) => name),
    ...ofPairHosts(config, "name"),
  ];
}

function priorityClaims(pair: DraftPair, path: Path): Claim<number>[] {
  return itemsOf(pair.nodes, [...path, "nodes"]).map(({ item, index, path }) => ({
    value: item.priority ?? defaultPriority(index),
    path: [...path, "priority"],
  }));
}

const freeAddress = "choose a free address of that network";

function* insideNetwork(config: Config, claim: Claim<string>): Iterable<Problem> {
  const range = subnet(config.network?.cidr);
  const { value, path, remedy = freeAddress } = claim;
  if (value === undefined || range === undefined) return;
  if (!range.contains(value)) yield { path, message: `${value} is outside ${range.cidr}: ${remedy}` };
  else yield* ofOneHost(range, claim);
}

/** A network's first and last address belong to no host. */
export function* ofOneHost(
  range: Subnet,
  { value, path, remedy = freeAddress }: Claim<string>,
): Iterable<Problem> {
  if (value !== range.network && value !== range.broadcast) return;
  const role = value === range.network ? "network" : "broadcast";
  yield {
    path,
    message: `${value} is the ${role} address of ${range.cidr}: ${remedy}`,
  };
}

/** Debian's /etc/hosts gives these names to loopback and multicast, for every host. */
const namesOfEveryHost = /^(localhost|ip6-(localhost|loopback|allnodes|allrouters))$/;

function* ownName({ value, path }: Claim<string>): Iterable<Problem> {
  if (value !== undefined && namesOfEveryHost.test(value))
    yield { path, message: `${value} is a name of every host: choose one of its own, such as haproxy1` };
}
