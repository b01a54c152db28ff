import { type AgentConfig, actionUnit, agentUnit } from "../../contract/agentConfig.ts";
import type { Pair, Pool } from "../../topology/topology.ts";
import { metricsPortOf, servedAddressOf } from "../../topology/topology.ts";
import {
  masterSocket,
  poolBackend,
  runtimeSocket,
  serverStateFile,
  sessionBackend,
  vrrpFile,
} from "../paths.ts";
import type { Secrets } from "../secrets.ts";
import { edgeAgentConfig, edgeAgentFiles, edgeUnits } from "../services/edgeCertificate.ts";
import { daemonFiles } from "../services/hapair.ts";
import { connectionsOf, haproxyFiles, haproxyUnit } from "../services/haproxy.ts";
import { addressUnit, keepalivedFiles, keepalivedUnit } from "../services/keepalived.ts";
import { edgeMonitoringFiles } from "../services/monitoring/edgeMonitoring.ts";
import { moverFiles, moverUnits } from "../services/mover.ts";
import { proofLogin } from "../services/poolerDatabase.ts";
import { prometheusFiles } from "../services/prometheus.ts";
import { edgeCertificates, routesFiles } from "../services/routes.ts";
import { type FirewallRule, tcpRules } from "../services/ufw.ts";
import { updatesFiles } from "../services/updates.ts";
import { whenEndedFiles } from "../services/whenEnded.ts";
import { wireproxyFiles, wireproxyUnits } from "../services/wireproxy.ts";
import {
  poolAgentConfig,
  poolConnections,
  poolFiles,
  poolPackages,
  poolPorts,
  poolUnits,
} from "./poolParts.ts";
import type { HostOf, Role } from "./role.ts";

const ownPackages = ["haproxy", "keepalived", "logrotate"];

/** A HAProxy host of a pair: the holder of the virtual address or a peer of it. The poolers may run here too. */
export const node: Role<HostOf<"node">> = {
  packages: ownPackages,
  packagesOn: (host) => [
    ...ownPackages,
    ...poolPackages(host),
    // The agent trusts the EC2 API by the host's own authorities.
    ...(host.pair.vip.aws ? ["ca-certificates"] : []),
    // haproxy trusts the targets of the edge by them.
    ...(host.pair.edge ? ["ca-certificates"] : []),
  ],
  bindsVirtualAddress: true,

  units: (host) => ({
    enabled: [
      // haproxy's first checks need the poolers and the proxies that run here.
      ...poolUnits(host).enabled,
      ...wireproxyUnits(host.pair.egress),
      ...moverUnits(host.pair),
      haproxyUnit,
      addressUnit,
      keepalivedUnit,
      // On every node: apply stops a unit that leaves the list, and this one rotates the distribution's logs too.
      "logrotate.timer",
      actionUnit,
      agentUnit,
      ...edgeUnits(host.pair),
    ],
    disabled: poolUnits(host).disabled,
  }),

  files: ({ target, firewall }, host, secrets) => {
    const { pair, node } = host;
    return [
      ...haproxyFiles(pair, node, secrets, firewall),
      ...keepalivedFiles(pair, node, host.interface),
      ...whenEndedFiles(),
      ...daemonFiles(pair, node, secrets),
      ...routesFiles(pair, node, secrets),
      ...updatesFiles(pair, secrets),
      ...edgeAgentFiles(pair),
      ...moverFiles(target, host),
      ...poolFiles(host, secrets),
      ...(pair.egress
        ? [...wireproxyFiles(pair.egress, node, secrets), ...prometheusFiles(pair, pair.egress)]
        : []),
      ...edgeMonitoringFiles(pair),
    ];
  },

  connections: (host) => connectionsOf(host.pair) + poolConnections(host),

  openPorts({ firewall }, host) {
    const { name, address, interface: device, pair } = host;
    const { haproxy, pool, egress, edge, routes } = pair;
    const served = servedAddressOf(pair, host);
    const peers = pair.nodes.filter((node) => node.name !== name).map((peer) => peer.address);
    return [
      ...tcpRules(device, haproxy.port, served, firewall.clients),
      ...(pool?.session ? tcpRules(device, pool.session.port, served, firewall.clients) : []),
      ...[...new Set([served, address])].flatMap((to) =>
        tcpRules(device, haproxy.statsPort, to, firewall.monitoring),
      ),
      ...(egress?.groups ?? []).flatMap(({ port }) => tcpRules(device, port, served, firewall.clients)),
      ...(edge ? [edge.port, edge.tls.port] : []).flatMap((port) =>
        tcpRules(device, port, served, edge?.allow ?? firewall.clients),
      ),
      ...(edge ? tcpRules(device, edge.peersPort, address, peers) : []),
      ...(routes
        ? [...new Set([served, address])].flatMap((to) => tcpRules(device, routes.port, to, firewall.admin))
        : []),
      // Before a node gives the virtual address up it asks its peers whether their egress works.
      ...tcpRules(device, metricsPortOf(pair), address, [...firewall.monitoring, ...peers]),
      ...peers.map(
        (from): FirewallRule => ({ interface: device, protocol: "vrrp", port: 0, from, to: address }),
      ),
      ...poolPorts(host),
    ];
  },

  agentConfig: (host, secrets) => ({
    node: {
      virtualAddress: host.pair.vip.address,
      ...(host.pair.vip.aws && { vrrpFile }),
      runtimeSocket,
      masterSocket,
      serverStateFile,
      ...edgeAgentConfig(host.pair),
      ...(host.pair.pool && {
        pool: {
          backend: poolBackend,
          proof: proofOn(host.pair.haproxy.port, host.pair, host.pair.pool, secrets),
          ...(host.pair.pool.database.external && { sharesPool: true }),
          ...(host.pair.pool.session && {
            session: {
              backend: sessionBackend,
              proof: proofOn(host.pair.pool.session.port, host.pair, host.pair.pool, secrets),
            },
          }),
        },
      }),
    },
    ...poolAgentConfig(host, secrets),
    ...certificatesOn(host, secrets),
  }),
};

/** Those of the poolers and their proofs, then those of the edge and of the routes. */
function certificatesOn(host: HostOf<"node">, secrets: Secrets): Pick<AgentConfig, "certificates"> {
  const { certificates = [] } = poolAgentConfig(host, secrets);
  const all = [...certificates, ...edgeCertificates(host.pair)];
  return all.length > 0 ? { certificates: all } : {};
}

/** A login through the local haproxy. */
function proofOn(port: number, pair: Pair, pool: Pool, secrets: Secrets) {
  return { host: "127.0.0.1", port, ...proofLogin(pair, pool, secrets) };
}
