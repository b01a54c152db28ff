import { renderShown } from "../../../render/bundle.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { edgePair } from "../../harness/edgePair.ts";
import { labWithPair } from "../fixtures.ts";

/** Pairs with and without an edge, and what their hosts get. */

export const topology = parseTopology(labWithPair(edgePair));
export const bare = parseTopology(labWithPair({ edge: {} }));
export const without = parseTopology(labWithPair({}));

export const hostOf = (of: typeof topology, name: string) => {
  const host = hostsOf(of).find((one) => one.name === name);
  if (!host) throw new Error(`no host ${name}`);
  return host;
};
export const shown = (of: typeof topology, name: string) => renderShown(of, hostOf(of, name));
export const fileOf = (of: typeof topology, name: string, path: string) => shown(of, name)[path] ?? "";
/** Paths whose text differs from that of a pair without an edge. */
export const changed = (of: typeof topology, name: string) => {
  const [before, after] = [shown(without, name), shown(of, name)];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((path) => before[path] !== after[path])
    .sort();
};
export const haproxyCfg = (of: typeof topology) => fileOf(of, "haproxy1", "etc/haproxy/haproxy.cfg");

/** What an edge with routes changes on a node. */
export const onNode = [
  "etc/hapair/agent.json",
  "etc/hapair/edge.json",
  "etc/hapair/grafana/edge.json",
  "etc/hapair/prometheus/edge.rules.yml",
  "etc/hapair/routes-database.pem",
  "etc/hapair/routes.crt",
  "etc/hapair/routes.json",
  "etc/hapair/routes.key",
  "etc/haproxy/edge.pem",
  "etc/haproxy/haproxy.cfg",
  "etc/haproxy/routes.lua",
  "etc/systemd/system/hapair.service",
  "etc/systemd/system/haproxy.service.d/hapair.conf",
  "etc/ufw/sysctl.conf",
  "etc/ufw/user.rules",
];
