import { applicationServer, longestMachineName } from "../../contract/lab.ts";
import { subnet } from "../ip.ts";
import type { Problem } from "../problem.ts";
import { defaultPriority } from "../topology.ts";
import { labProxies } from "./proxies.ts";
import {
  type Claim,
  type Config,
  type DraftPair,
  itemsOf,
  ofPairs,
  type Path,
  pairs,
  type Rule,
  twice,
} from "./rule.ts";

/** Addresses and names of hosts, VRRP's own numbers. */
export const hostRules: readonly Rule[] = [
  (config) =>
    [...hostClaims(config), ...vipClaims(config), ...appClaims(config)].flatMap((claim) => [
      ...insideNetwork(config, claim),
    ]),
  (config) =>
    twice([...hostClaims(config), ...appClaims(config), ...vipClaims(config)], "has this address already"),
  (config) => twice(nameClaims(config), "has this name already"),
  (config) => nameClaims(config).flatMap((claim) => [...labName(config, claim)]),
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
      "has this priority already: peers of one priority fight over the address",
    ),
  ),
];

function nodes(pair: DraftPair, path: Path) {
  return itemsOf(pair.nodes, [...path, "nodes"]);
}

/** Whatever has an address of its own on the network: in a lab with `internet` the egress proxies too. */
function hostClaims(config: Config): Claim<string>[] {
  return [
    ...internetClaims(config),
    ...pairs(config).flatMap(({ pair, path }) => [
      ...nodes(pair, path).map(({ item, path }) => ({ value: item.address, path: [...path, "address"] })),
      { value: pair.pool?.address, path: [...path, "pool", "address"] },
    ]),
    ...labProxies(config).map(({ proxy, path }) => ({ value: proxy.address, path: [...path, "address"] })),
  ];
}

function internetClaims(config: Config): Claim<string>[] {
  return config.target === "lab" ? [{ value: config.lab?.internet, path: ["lab", "internet"] }] : [];
}

function vipClaims(config: Config): Claim<string>[] {
  return pairs(config).map(({ pair, path }) => ({
    value: pair.vip?.address,
    path: [...path, "vip", "address"],
  }));
}

function appClaims(config: Config): Claim<string>[] {
  return config.target === "lab" ? [{ value: config.lab?.app, path: ["lab", "app"] }] : [];
}

/** Names of the machines. */
export function nameClaims(config: Config): Claim<string>[] {
  return [
    ...internetClaims(config).map(({ value, path }) => ({ value: value && "internet", path })),
    ...pairs(config).flatMap(({ pair, path }) => [
      ...nodes(pair, path).map(({ item, path }) => ({ value: item.name, path: [...path, "name"] })),
      { value: pair.pool?.name, path: [...path, "pool", "name"] },
    ]),
  ];
}

function priorityClaims(pair: DraftPair, path: Path): Claim<number>[] {
  return nodes(pair, path).map(({ item, index, path }) => ({
    value: item.priority ?? defaultPriority(index),
    path: [...path, "priority"],
  }));
}

function* insideNetwork(config: Config, { value, path }: Claim<string>): Iterable<Problem> {
  const range = subnet(config.network?.cidr);
  if (value === undefined || range === undefined) return;
  if (!range.contains(value)) {
    yield { path, message: `${value} is outside ${range.cidr}: choose a free address of that network` };
  } else if (value === range.network || value === range.broadcast) {
    const role = value === range.network ? "network" : "broadcast";
    yield {
      path,
      message: `${value} is the ${role} address of ${range.cidr}: choose a free address of that network`,
    };
  }
}

function* labName({ target }: Config, { value, path }: Claim<string>): Iterable<Problem> {
  if (target !== "lab" || value === undefined) return;
  if (value.length > longestMachineName)
    yield {
      path,
      message: `${value} is too long for a lab machine: at most ${longestMachineName} characters`,
    };
  if (value === applicationServer)
    yield { path, message: `${value} is the application server's name: choose another` };
}
