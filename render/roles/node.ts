import { actionUnit, agentUnit } from "../../contract/agentConfig.ts";
import { metricsPortOf } from "../../topology/topology.ts";
import { masterSocket, poolBackend, runtimeSocket, serverStateFile, sqlRoles } from "../paths.ts";
import { daemonFiles } from "../services/hapair.ts";
import { connectionsOf, haproxyFiles, haproxyUnit } from "../services/haproxy.ts";
import { addressUnit, keepalivedFiles, keepalivedUnit } from "../services/keepalived.ts";
import { prometheusFiles } from "../services/prometheus.ts";
import { type FirewallRule, tcpRules } from "../services/ufw.ts";
import { wireproxyFiles, wireproxyUnits } from "../services/wireproxy.ts";
import type { HostOf, Role } from "./role.ts";

/** A HAProxy host of a pair: the holder of the virtual address or a peer of it. */
export const node: Role<HostOf<"node">> = {
  packages: ["haproxy", "keepalived", "logrotate"],
  bindsVirtualAddress: true,

  units: ({ pair }) => ({
    enabled: [
      // haproxy's first checks need the proxies that run here.
      ...wireproxyUnits(pair.egress),
      haproxyUnit,
      addressUnit,
      keepalivedUnit,
      // On every node: apply stops a unit that leaves the list, and this one rotates the distribution's logs too.
      "logrotate.timer",
      actionUnit,
      agentUnit,
    ],
    disabled: [],
  }),

  files: (_, { pair, node, interface: device }, secrets) => [
    ...haproxyFiles(pair, node, secrets),
    ...keepalivedFiles(pair, node, device),
    ...daemonFiles(pair, node, secrets),
    ...(pair.egress
      ? [...wireproxyFiles(pair.egress, node, secrets), ...prometheusFiles(pair, pair.egress)]
      : []),
  ],

  connections: ({ pair }) => connectionsOf(pair),

  openPorts({ firewall }, { name, address, interface: device, pair }) {
    const { vip, haproxy, egress } = pair;
    const peers = pair.nodes.filter((node) => node.name !== name).map((peer) => peer.address);
    return [
      ...tcpRules(device, haproxy.port, vip.address, firewall.clients),
      ...[vip.address, address].flatMap((to) => tcpRules(device, haproxy.statsPort, to, firewall.monitoring)),
      ...(egress?.groups ?? []).flatMap(({ port }) => tcpRules(device, port, vip.address, firewall.clients)),
      // Before a node gives the virtual address up it asks its peers whether their egress works.
      ...tcpRules(device, metricsPortOf(pair), address, [...firewall.monitoring, ...peers]),
      ...peers.map(
        (from): FirewallRule => ({ interface: device, protocol: "vrrp", port: 0, from, to: address }),
      ),
    ];
  },

  agentConfig: ({ pair }, secrets) => ({
    node: {
      virtualAddress: pair.vip.address,
      runtimeSocket,
      masterSocket,
      serverStateFile,
      ...(pair.pool && {
        pool: {
          backend: poolBackend,
          proof: {
            host: "127.0.0.1",
            port: pair.haproxy.port,
            user: sqlRoles.probe,
            password: secrets.probe.text,
            database: pair.pool.database,
          },
        },
      }),
    },
  }),
};
