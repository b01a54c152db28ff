import { X509Certificate } from "node:crypto";
import { formatPath, type Problem } from "../problem.ts";
import {
  allProxies,
  type DraftPair,
  groupsOf,
  type Path,
  type PlacedProxy,
  proxiesOf,
  wireproxiesOf,
} from "./draft.ts";
import { ofPairs, type Rule, twice } from "./rule.ts";

/**
 * Egress groups and their proxies; times are in `timing.ts`, ports of a node in `ports.ts`, the pages that are requested
 * through the proxies in `destinations.ts`.
 */
export const egressRules: readonly Rule[] = [
  ofPairs((pair, path) =>
    twice(
      groupsOf(pair, path).map(({ group, path }) => ({ value: group.name, path: [...path, "name"] })),
      "has this name already",
    ),
  ),
  ofPairs(reservedNames),
  ofPairs(sameInGroup),
  ofPairs((pair, path) => oneIdentity(allProxies(pair, path))),
  ofPairs(loops),
  ofPairs(authority),
];

/** `egress-GROUP-unchecked` is haproxy's backend for the time when no check of the group succeeds. */
function* reservedNames(pair: DraftPair, path: Path): Iterable<Problem> {
  for (const { group, path: at } of groupsOf(pair, path)) {
    if (group.name?.endsWith("-unchecked"))
      yield {
        path: [...at, "name"],
        message: `${group.name}: names ending in -unchecked are reserved: choose another name`,
      };
  }
}

function* sameInGroup(pair: DraftPair, path: Path): Iterable<Problem> {
  for (const { group, path: at } of groupsOf(pair, path)) {
    const proxies = proxiesOf(group, at);
    const claims = (key: "name" | "port") =>
      proxies.map(({ proxy, path }) => ({ value: proxy[key], path: [...path, key] }));
    yield* twice(claims("name"), "has this name already");
    yield* twice(claims("port"), "has this port already: `hapair check PORT` knows a proxy by it");
  }
}

/** A port has the same name and address in all groups that share it: `hapair check PORT` identifies a proxy by it. */
function* oneIdentity(placed: readonly PlacedProxy[]): Iterable<Problem> {
  const first = new Map<number, PlacedProxy>();
  for (const { proxy, path } of placed) {
    const { port } = proxy;
    if (port === undefined) continue;
    const owner = first.get(port);
    if (owner === undefined) {
      first.set(port, { proxy, path });
      continue;
    }
    const inOneGroup = formatPath(owner.path.slice(0, -2)) === formatPath(path.slice(0, -2));
    const same = owner.proxy.name === proxy.name && owner.proxy.address === proxy.address;
    if (!inOneGroup && !same)
      yield {
        path: [...path, "port"],
        message: `${port}: ${formatPath(owner.path)} has this port under another name or address: give both the same, or choose another port`,
      };
  }
}

function* loops(pair: DraftPair, path: Path): Iterable<Problem> {
  const groups = groupsOf(pair, path);
  for (const { proxy, path: at } of allProxies(pair, path)) {
    const { address, port } = proxy;
    if (address === undefined) continue;
    const own = address.startsWith("127.") && groups.some(({ group }) => group.port === port);
    if (address === pair.vip?.address || own)
      yield {
        path: [...at, "address"],
        message: `${address} is where the pair itself listens for SOCKS clients: a proxy there would make a loop`,
      };
  }
}

function* authority(pair: DraftPair, path: Path): Iterable<Problem> {
  const ca = pair.egress?.ca;
  if (ca === undefined) return;
  try {
    new X509Certificate(ca);
  } catch {
    yield {
      path: [...path, "egress", "ca"],
      message: "is not a complete PEM certificate: copy it again, from its BEGIN line to its END line",
    };
  }
}

const loopback = "127.0.0.1";

/** Proxies that the nodes run themselves. */
export const wireproxyRules: readonly Rule[] = [
  ofPairs(onLoopback),
  ofPairs((pair, path) =>
    twice(
      wireproxiesOf(pair, path).map(({ proxy, path }) => ({ value: proxy.name, path: [...path, "name"] })),
      "has this name already: each such proxy has a unit of that name",
    ),
  ),
];

/** On an address other than loopback such a proxy would be open to the whole network. */
function* onLoopback(pair: DraftPair, path: Path): Iterable<Problem> {
  for (const { proxy, path: at } of allProxies(pair, path)) {
    if (proxy.wireproxy && proxy.address !== undefined && proxy.address !== loopback)
      yield {
        path: [...at, "address"],
        message: `${proxy.address}: every node runs this proxy itself: set ${loopback}, or remove wireproxy`,
      };
  }
}
