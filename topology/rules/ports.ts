import type { Problem } from "../problem.ts";
import { defaultMetricsPort } from "../schema/egress.ts";
import { type Claim, type Config, type DraftPair, itemsOf, type Path, wireproxiesOf } from "./draft.ts";
import { ofPairs, type Rule, twice } from "./rule.ts";
import { targetOf } from "./targets.ts";

/** Ports of each host, and of the loopback where the commands run. */
export const portRules: readonly Rule[] = [
  ofPairs((pair, path) => twice(nodePortClaims(pair, path), "uses this port already").map(withReason)),
  ofPairs((pair, path) => twice(poolPortClaims(pair, path), "uses this port already")),
  (config) => twice(forwardClaims(config), "is forwarded to this port already"),
  roomForForwards,
];

/** Every listener of a node is on its loopback too, so no two of them can have one port. */
function nodePortClaims(pair: DraftPair, path: Path): Claim<number>[] {
  const { haproxy, egress, edge, routes } = pair;
  return [
    { value: 22, path: ["the SSH server"] },
    ...(egress ? [] : [{ value: defaultMetricsPort, path: ["the agent"] }]),
    { value: haproxy?.port, path: [...path, "haproxy", "port"] },
    { value: haproxy?.statsPort, path: [...path, "haproxy", "statsPort"] },
    { value: pair.pool?.session?.port, path: [...path, "pool", "session", "port"] },
    { value: edge?.port, path: [...path, "edge", "port"] },
    { value: edge?.tls?.port, path: [...path, "edge", "tls", "port"] },
    { value: edge?.peersPort, path: [...path, "edge", "peersPort"] },
    { value: routes?.port, path: [...path, "routes", "port"] },
    { value: routes?.probePort, path: [...path, "routes", "probePort"] },
    { value: egress?.statsPort, path: [...path, "egress", "statsPort"] },
    { value: egress?.metricsPort, path: [...path, "egress", "metricsPort"] },
    ...itemsOf(egress?.groups, [...path, "egress", "groups"]).map(({ item, path }) => ({
      value: item.port,
      path: [...path, "port"],
    })),
    ...wireproxiesOf(pair, path).map(({ proxy, path }) => ({ value: proxy.port, path: [...path, "port"] })),
    ...(pair.pool?.on === "nodes" ? poolerPortClaims(pair, path) : []),
  ];
}

/** Of a pooler's port that a listener of the nodes has: nothing else in the config says that both are on one host. */
function withReason({ path, message }: Problem): Problem {
  const isPooler = path.at(-2) === "ports";
  return {
    path,
    message: isPooler ? `${message}, and the poolers run on the nodes (pool.on): choose another` : message,
  };
}

/** PostgreSQL and poolers also share the folder of their sockets, whose names are the ports. */
function poolPortClaims(pair: DraftPair, path: Path): Claim<number>[] {
  const { pool } = pair;
  return [
    { value: 22, path: ["the SSH server"] },
    ...(pool?.database?.external
      ? []
      : [{ value: pool?.postgres?.port, path: [...path, "pool", "postgres", "port"] }]),
    ...(pool?.on === "nodes" ? [] : poolerPortClaims(pair, path)),
  ];
}

function poolerPortClaims({ pool }: DraftPair, path: Path): Claim<number>[] {
  const claims = (ports: readonly (number | undefined)[] | undefined, at: Path): Claim<number>[] =>
    (ports ?? []).map((value, index) => ({ value, path: [...at, "ports", index] }));
  return [
    ...claims(pool?.ports, [...path, "pool"]),
    ...claims(pool?.session?.ports, [...path, "pool", "session"]),
  ];
}

function forwardClaims(config: Config): Claim<number>[] {
  return targetOf(config)
    .loopbackPorts(config)
    .flatMap(({ first, count, path }) =>
      Array.from({ length: count }, (_, index) => ({ value: first + index, path })),
    );
}

const lastPort = 65535;

function* roomForForwards(config: Config): Iterable<Problem> {
  for (const { first, count, path } of targetOf(config).loopbackPorts(config))
    if (first + count - 1 > lastPort)
      yield {
        path,
        message: `${first}: the last of ${count} ports in a row from here would be ${first + count - 1}: choose at most ${lastPort - count + 1}`,
      };
}
