import { AgentConfig, agentConfigPath } from "../topology/agentConfig.ts";
import type { Host } from "../topology/topology.ts";
import { file } from "./file.ts";
import {
  masterSocket,
  poolBackend,
  poolerUnit,
  postgresUnit,
  rolesFile,
  runtimeSocket,
  serverStateFile,
  sqlRoles,
} from "./paths.ts";
import type { Secrets } from "./secrets.ts";

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
