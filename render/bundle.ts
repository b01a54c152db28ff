import { createHash } from "node:crypto";
import type { Bundle, BundleFile } from "../contract/bundle.ts";
import type { Host } from "../topology/hosts.ts";
import { wireproxiesOf } from "../topology/secrets/wireproxy.ts";
import type { Node, Pair, Topology } from "../topology/topology.ts";
import { egressUnit, poolerUnit, postgresUnit, wireproxyUnit } from "./paths.ts";
import { internetFiles, internetUnits } from "./roles/internet.ts";
import { masked, type Secrets } from "./secrets.ts";
import { agentFiles, loopFiles } from "./services/hapair.ts";
import { haproxyFiles } from "./services/haproxy.ts";
import { keepalivedFiles } from "./services/keepalived.ts";
import { pgbouncerFiles } from "./services/pgbouncer.ts";
import { postgresqlFiles } from "./services/postgresql.ts";
import { alertFiles } from "./services/prometheus.ts";
import { systemFiles } from "./services/system.ts";
import { firewallFiles } from "./services/ufw.ts";
import { wireproxyFiles } from "./services/wireproxy.ts";

/** A host's desired state, ready for the wire. */
export interface HostBundle {
  /** The wire form: one JSON document, with secrets. */
  readonly text: string;
  /** Names the bundle everywhere: SHA-256 of `text`, hex. */
  readonly sha256: string;
}

/** Renders one host. Pure: the same topology and secrets give the same bytes. */
export function renderHost(topology: Topology, host: Host, secrets: Secrets): HostBundle {
  const text = `${JSON.stringify(bundleOf(topology, host, secrets))}\n`;
  return { text, sha256: createHash("sha256").update(text).digest("hex") };
}

/** A host's files by path, with `[secret]` for every secret: for eyes, previews and the state. */
export function renderShown(topology: Topology, host: Host): Readonly<Record<string, string>> {
  return Object.fromEntries(
    bundleOf(topology, host, masked(topology)).files.map(({ path, text }) => [path, text]),
  );
}

function bundleOf(topology: Topology, host: Host, secrets: Secrets): Bundle {
  return { format: 1, host: host.name, units: unitsOf(host), files: filesOf(topology, host, secrets) };
}

function filesOf(topology: Topology, host: Host, secrets: Secrets): BundleFile[] {
  return [
    ...agentFiles(host, secrets),
    ...firewallFiles(topology, host),
    ...systemFiles(topology, host),
    ...ownFiles(topology, host, secrets),
  ].sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What only hosts of this role have. */
function ownFiles(topology: Topology, host: Host, secrets: Secrets): BundleFile[] {
  switch (host.role) {
    case "node":
      return [
        ...haproxyFiles(host.pair, host.node, secrets),
        ...keepalivedFiles(topology, host.pair, host.node),
        ...egressFiles(host.pair, host.node, secrets),
      ];
    case "pool":
      return [...pgbouncerFiles(host.pair, host.pool), ...postgresqlFiles(host.pair, host.pool, secrets)];
    case "internet":
      return internetFiles(topology, host, secrets);
  }
}

function unitsOf(host: Host): Bundle["units"] {
  const everyHost = ["rsyslog.service", "ufw.service"];
  if (host.role === "node") {
    const loop = host.pair.egress ? [egressUnit] : [];
    // The timer on every node: it is the distribution's own, and must not go with a pair's egress.
    const own = ["haproxy.service", "keepalived.service", "logrotate.timer", ...loop];
    const proxies = wireproxiesOf(host.pair.egress).map(wireproxyUnit);
    return { enabled: [...everyHost, ...proxies, ...own], disabled: [] };
  }
  if (host.role === "internet")
    return { enabled: [...everyHost, "haproxy.service", ...internetUnits(host.proxies)], disabled: [] };
  return {
    enabled: [...everyHost, postgresUnit, ...host.pool.ports.map(poolerUnit)],
    // The package's own single pooler would take a port of ours.
    disabled: ["pgbouncer.service"],
  };
}

/** What egress puts on a node besides its part of haproxy.cfg, keepalived.conf and the firewall. */
function egressFiles(pair: Pair, node: Node, secrets: Secrets) {
  const { egress } = pair;
  if (egress === undefined) return [];
  return [
    ...loopFiles(pair, egress, node, secrets),
    ...wireproxyFiles(egress, node, secrets),
    ...alertFiles(pair, egress),
  ];
}
