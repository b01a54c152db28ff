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
export function agentFiles(interfaceName: string, host: Host, secrets: Secrets) {
  const config = AgentConfig.parse(
    host.role === "node" ? nodeConfig(interfaceName, host, secrets) : poolConfig(host),
  );
  return [file(agentConfigPath, `${JSON.stringify(config, null, 2)}\n`, { mode: "0600" })];
}

function nodeConfig(interfaceName: string, { name, pair }: Host, secrets: Secrets): AgentConfig {
  return {
    host: name,
    node: {
      virtualAddress: pair.vip.address,
      interface: interfaceName,
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
