import { nameClaims } from "./hosts.ts";
import { wireproxiesOf } from "./proxies.ts";
import {
  type Claim,
  type Config,
  type DraftPair,
  ofPairs,
  type Path,
  pairs,
  present,
  type Rule,
  twice,
} from "./rule.ts";

/** Ports of each host, and of the loopback of a lab's user. */
export const portRules: readonly Rule[] = [
  ofPairs((pair, path) => twice(nodePortClaims(pair, path), "uses this port already")),
  ofPairs((pair, path) => twice(poolPortClaims(pair, path), "uses this port already")),
  (config) => twice(forwardClaims(config), "is forwarded to this port already"),
];

/** Every listener of a node is on its loopback too: all of them share one row of ports. */
function nodePortClaims(pair: DraftPair, path: Path): Claim<number>[] {
  const { haproxy, egress } = pair;
  return [
    { value: 22, path: ["the SSH server"] },
    { value: haproxy?.port, path: [...path, "haproxy", "port"] },
    { value: haproxy?.statsPort, path: [...path, "haproxy", "statsPort"] },
    { value: egress?.statsPort, path: [...path, "egress", "statsPort"] },
    { value: egress?.metricsPort, path: [...path, "egress", "metricsPort"] },
    ...present(egress?.groups, [...path, "egress", "groups"]).map(({ item, path }) => ({
      value: item.port,
      path: [...path, "port"],
    })),
    ...wireproxiesOf(pair, path).map(({ proxy, path }) => ({ value: proxy.port, path: [...path, "port"] })),
  ];
}

function poolPortClaims(pair: DraftPair, path: Path): Claim<number>[] {
  return [
    { value: 22, path: ["the SSH server"] },
    { value: pair.pool?.postgres?.port, path: [...path, "pool", "postgres", "port"] },
    ...(pair.pool?.ports ?? []).map((value, index) => ({ value, path: [...path, "pool", "ports", index] })),
  ];
}

function forwardClaims(config: Config): Claim<number>[] {
  const { lab } = config;
  if (config.target !== "lab" || lab === undefined) return [];
  const from = (base: number | undefined, key: string, count: number): Claim<number>[] =>
    Array.from({ length: base === undefined ? 0 : count }, (_, index) => ({
      value: (base ?? 0) + index,
      path: ["lab", key],
    }));
  const machines = nameClaims(config).filter((claim) => claim.value !== undefined).length;
  const count = pairs(config).length;
  const groups = pairs(config).flatMap(({ pair }) => pair.egress?.groups ?? []).length;
  return [
    ...from(lab.sshPort, "sshPort", machines),
    ...from(lab.sqlPort, "sqlPort", count),
    ...from(lab.statsPort, "statsPort", count),
    ...from(lab.socksPort, "socksPort", groups),
  ];
}
