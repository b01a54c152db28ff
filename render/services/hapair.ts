import * as z from "zod";
import { AgentConfig, actionUnit, agentConfigPath, agentUnit } from "../../contract/agentConfig.ts";
import { EgressConfig, egressConfigPath } from "../../contract/egressConfig.ts";
import { metricsPortOf, type Node, type Pair, serversOf } from "../../topology/topology.ts";
import {
  actionSocket,
  egressBackend,
  egressMapFile,
  egressStateFile,
  egressStateName,
  egressTrackFile,
  mapFolder,
  operatorSocket,
  routesStateName,
  trackFile,
  vrrpFile,
} from "../paths.ts";
import type { Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";
import { keepalivedEvents } from "./keepalived.ts";

/** The agent's `LogsDirectory`, below /var/log. */
const logsName = "hapair";
/** Holds one log for each egress group. */
export const egressLogFolder = `/var/log/${logsName}`;

/** The agent's own config, which every host has. */
export function agentConfigFile(config: AgentConfig) {
  return file(agentConfigPath, json(AgentConfig.parse(config)), { mode: "0600" });
}

const unitPath = `etc/systemd/system/${agentUnit}`;
const unit = template(
  unitPath,
  z.strictObject({
    trackFile: z.string(),
    haproxyTrackFile: z.string(),
    mapFiles: z.array(z.string()),
    /** Names of its `StateDirectory`, in order. */
    stateNames: z.array(z.string()).min(1),
    logsName: z.string(),
    hasRoutes: z.boolean(),
    /** Two and four times what it needs, MB. */
    memory: z.strictObject({ high: z.int(), max: z.int() }),
  }),
);
const actionSocketUnit = template(
  `etc/systemd/system/${actionUnit}`,
  z.strictObject({ actionSocket: z.string() }),
);
const actionService = template(
  "etc/systemd/system/hapair-action@.service",
  z.strictObject({ haproxyTrackFile: z.string() }),
);
const account = template("etc/sysusers.d/hapair.conf", z.strictObject({}));
const runtimeFiles = template(
  "etc/tmpfiles.d/hapair.conf",
  z.strictObject({
    trackFile: z.string(),
    /** Folder of haproxy's maps; false where it has none. */
    mapFolder: z.union([z.literal(false), z.string()]),
    mapFiles: z.array(z.string()),
  }),
);
const rotation = template("etc/logrotate.d/hapair", z.strictObject({ logFolder: z.string() }));

/** The agent's daemon on a node: its config, its unit, the unit of its requests, its user, its files below /run and its logs. */
export function daemonFiles(pair: Pair, node: Node, secrets: Secrets) {
  const config = EgressConfig.parse(egressConfig(pair, node, secrets));
  const mapFiles = config.groups.map(({ mapFile }) => mapFile);
  const written = { trackFile: egressTrackFile, mapFiles };
  const hasRoutes = pair.routes !== undefined;
  const stateNames = [egressStateName, ...(hasRoutes ? [routesStateName] : [])];
  const memory = hasRoutes ? { high: 192, max: 384 } : { high: 128, max: 256 };
  return [
    file(egressConfigPath, json(config)),
    file(
      unitPath,
      unit({ ...written, haproxyTrackFile: trackFile, stateNames, logsName, hasRoutes, memory }),
    ),
    file(`etc/systemd/system/${actionUnit}`, actionSocketUnit({ actionSocket })),
    file("etc/systemd/system/hapair-action@.service", actionService({ haproxyTrackFile: trackFile })),
    file("etc/sysusers.d/hapair.conf", account({})),
    file(
      "etc/tmpfiles.d/hapair.conf",
      runtimeFiles({ ...written, mapFolder: (mapFiles.length > 0 || hasRoutes) && mapFolder }),
    ),
    file("etc/logrotate.d/hapair", rotation({ logFolder: egressLogFolder })),
  ];
}

function egressConfig(pair: Pair, node: Node, secrets: Secrets): EgressConfig {
  const port = metricsPortOf(pair);
  const { moveVip = false, ca, groups = [] } = pair.egress ?? {};
  return {
    host: node.name,
    runtimeSocket: operatorSocket,
    actionSocket,
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
    ...(pair.vip.aws && { vrrpFile }),
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

function json(config: unknown): string {
  return `${JSON.stringify(config, null, 2)}\n`;
}
