import {
  applicationServer,
  forwardedHost,
  longestMachineName,
  machineInterface,
} from "../../contract/lab.ts";
import { subnet } from "../ip.ts";
import { internetName } from "../labInternet.ts";
import type { Problem } from "../problem.ts";
import { defaultTlsMode } from "../schema/targets.ts";
import { allProxies, type Claim, type Config, ofPairHosts, type PlacedProxy, pairs } from "./draft.ts";
import { type PortRow, type TargetRules, twice } from "./rule.ts";

/** Rules of a lab: its machines, the application server, and the internet with the proxies behind it. */
export const lab: TargetRules = {
  rules: [ownInterface, reachableBySsh, machineNames, proxyNames, certifiedForwards],
  hosts: (config) => {
    const { value, path } = internet(config);
    return [{ name: { value: value && internetName, path }, address: { value, path } }];
  },
  addresses: (config) => [
    ...proxies(config).map(({ proxy, path }) => ({ value: proxy.address, path: [...path, "address"] })),
    { value: config.lab?.app, path: ["lab", "app"] },
  ],
  loopbackPorts,
};

function internet(config: Config): Claim<string> {
  return { value: config.lab?.internet, path: ["lab", "internet"] };
}

function* ownInterface({ network }: Config): Iterable<Problem> {
  const given = network?.interface;
  if (given !== undefined && given !== machineInterface)
    yield {
      path: ["network", "interface"],
      message: `${given}: the interface of a lab's machines is ${machineInterface}: remove this key`,
    };
}

/** The forwarded ports are checked for `forwardedHost`, which no public authority certifies. */
function* certifiedForwards(config: Config): Iterable<Problem> {
  for (const { pair, path } of pairs(config))
    if (pair.pool?.tls?.certificate === "public" && (pair.pool.tls.mode ?? defaultTlsMode.lab) !== "off")
      yield {
        path: [...path, "pool", "tls", "certificate"],
        message: `public: clients of a lab connect to ${forwardedHost} too, which no public authority certifies: use made, or given with a certificate for it`,
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

function* machineNames(config: Config): Iterable<Problem> {
  for (const { value, path } of ofPairHosts(config, "name")) {
    if (value === undefined) continue;
    if (value.length > longestMachineName)
      yield {
        path,
        message: `${value} is too long for a lab machine: at most ${longestMachineName} characters`,
      };
    if (value === applicationServer)
      yield { path, message: `${value} is the application server's name: choose another` };
  }
}

/** Each names a network namespace of the internet's machine. */
function proxyNames(config: Config): Iterable<Problem> {
  return twice(
    proxies(config).map(({ proxy, path }) => ({ value: proxy.name, path: [...path, "name"] })),
    "is another proxy with this name: in the lab each proxy needs a name of its own",
  );
}

/** Each proxy that a lab with `internet` makes, once: several groups may use one. */
function proxies(config: Config): readonly PlacedProxy[] {
  if (internet(config).value === undefined) return [];
  const once = new Map<string, PlacedProxy>();
  for (const { pair, path } of pairs(config)) {
    for (const placed of allProxies(pair, path)) {
      const { name, address, port, wireproxy } = placed.proxy;
      if (wireproxy) continue;
      const key = JSON.stringify([name, address, port]);
      if (!once.has(key)) once.set(key, placed);
    }
  }
  return [...once.values()];
}

/** SSH of each machine, SQL and stats of each pair, its port for sessions, its edge and API, SOCKS of each egress group. */
function loopbackPorts(config: Config): readonly PortRow[] {
  const names = [internet(config), ...ofPairHosts(config, "name")];
  const machines = names.filter(({ value }) => value !== undefined).length;
  const count = pairs(config).length;
  const sessions = pairs(config).filter(({ pair }) => pair.pool?.session !== undefined).length;
  const edges = pairs(config).filter(({ pair }) => pair.edge !== undefined).length;
  const apis = pairs(config).filter(({ pair }) => pair.routes !== undefined).length;
  const groups = pairs(config).flatMap(({ pair }) => pair.egress?.groups ?? []).length;
  const counts = {
    sshPort: machines,
    sqlPort: count,
    sessionPort: sessions,
    statsPort: count,
    edgePort: edges,
    edgeTlsPort: edges,
    routesPort: apis,
    socksPort: groups,
  };
  return Object.entries(counts).flatMap(([key, count]) => {
    const first = config.lab?.[key as keyof typeof counts];
    return first === undefined ? [] : [{ first, count, path: ["lab", key] }];
  });
}
