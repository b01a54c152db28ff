import * as z from "zod";
import { AgentConfig, agentConfigPath } from "../../contract/agentConfig.ts";
import { EgressConfig, egressConfigPath } from "../../contract/egressConfig.ts";
import type { Host } from "../../topology/hosts.ts";
import type { Egress } from "../../topology/schema/egress.ts";
import { type Node, type Pair, serversOf } from "../../topology/topology.ts";
import {
  egressBackend,
  egressLogFolder,
  egressLogsName,
  egressMapFile,
  egressStateFile,
  egressStateName,
  egressTrackFile,
  egressUnit,
  keepalivedEvents,
  masterSocket,
  poolBackend,
  poolerUnit,
  postgresUnit,
  rolesFile,
  runtimeSocket,
  serverStateFile,
  sqlRoles,
  trackFile,
} from "../paths.ts";
import type { Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";

/** The agent's own config. */
export function agentFiles(host: Host, secrets: Secrets) {
  const config = AgentConfig.parse(configOf(host, secrets));
  return [file(agentConfigPath, `${JSON.stringify(config, null, 2)}\n`, { mode: "0600" })];
}

function configOf(host: Host, secrets: Secrets): AgentConfig {
  switch (host.role) {
    case "node":
      return nodeConfig(host, secrets);
    case "pool":
      return poolConfig(host);
    case "internet":
      return { host: host.name };
  }
}

function nodeConfig({ name, pair }: Extract<Host, { role: "node" }>, secrets: Secrets): AgentConfig {
  return {
    host: name,
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
  };
}

function poolConfig({ name, pool }: Extract<Host, { role: "pool" }>): AgentConfig {
  return {
    host: name,
    pool: {
      poolers: pool.ports.map((port) => ({ unit: poolerUnit(port), port })),
      rolesFile,
      postgresUnit,
    },
  };
}

const unit = template(
  `etc/systemd/system/${egressUnit}`,
  z.strictObject({ trackFile: z.string(), stateName: z.string(), logsName: z.string() }),
);
const accounts = template("etc/sysusers.d/hapair.conf", z.strictObject({}));
const temporaries = template("etc/tmpfiles.d/hapair.conf", z.strictObject({ trackFile: z.string() }));
const rotation = template("etc/logrotate.d/hapair", z.strictObject({ logFolder: z.string() }));

/** The agent's loop on a node: its config, its unit and what that stands on. */
export function loopFiles(pair: Pair, egress: Egress, node: Node, secrets: Secrets) {
  const config = EgressConfig.parse(loopConfig(pair, egress, node, secrets));
  return [
    file(egressConfigPath, `${JSON.stringify(config, null, 2)}\n`),
    file(
      `etc/systemd/system/${egressUnit}`,
      unit({ trackFile: egressTrackFile, stateName: egressStateName, logsName: egressLogsName }),
    ),
    file("etc/sysusers.d/hapair.conf", accounts({})),
    file("etc/tmpfiles.d/hapair.conf", temporaries({ trackFile: egressTrackFile })),
    file("etc/logrotate.d/hapair", rotation({ logFolder: egressLogFolder })),
  ];
}

function loopConfig(pair: Pair, egress: Egress, node: Node, secrets: Secrets): EgressConfig {
  const { metricsPort: port, moveVip, ca, groups } = egress;
  return {
    host: node.name,
    runtimeSocket,
    masterSocket,
    stateFile: egressStateFile,
    trackFile: egressTrackFile,
    haproxyTrackFile: trackFile,
    keepalivedEvents,
    logFolder: egressLogFolder,
    listen: ["127.0.0.1", node.address].map((address) => ({ address, port })),
    peers: pair.nodes
      .filter((peer) => peer.name !== node.name)
      .map(({ name, address }) => ({ name, address, port })),
    moveVip,
    virtualAddress: pair.vip.address,
    ca: secrets.egressAuthority ?? ca ?? "",
    groups: groups.map((group) => ({
      name: group.name,
      port: group.port,
      backend: egressBackend(group.name),
      mapFile: egressMapFile(group.name),
      essential: group.essential,
      targets: group.targets,
      warpTrace: group.warpTrace,
      probe: group.probe,
      hysteresis: group.hysteresis,
      servers: [...serversOf(group)],
    })),
  };
}
