import { createHash } from "node:crypto";
import type { Bundle, BundleFile } from "../topology/bundle.ts";
import type { Host, Topology } from "../topology/topology.ts";
import { wireproxiesOf } from "../topology/wireproxy.ts";
import { agentFiles } from "./agent.ts";
import { egressFiles } from "./egress/files.ts";
import { firewallFiles } from "./firewall.ts";
import { haproxyFiles } from "./haproxy.ts";
import { internetFiles, internetUnits } from "./internet.ts";
import { keepalivedFiles } from "./keepalived.ts";
import { egressUnit, poolerUnit, postgresUnit, wireproxyUnit } from "./paths.ts";
import { pgbouncerFiles } from "./pgbouncer.ts";
import { postgresqlFiles } from "./postgresql.ts";
import { masked, type Secrets } from "./secrets.ts";
import { systemFiles } from "./system.ts";

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
