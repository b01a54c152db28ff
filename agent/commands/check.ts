import type { EgressConfig, EgressGroupConfig, EgressServerConfig } from "../../contract/egressConfig.ts";
import { defaultConfigPath, readEgressConfig } from "../daemon/config.ts";
import { probeOptions, probeServer } from "../egress/probe/probe.ts";
import { trustOf } from "../egress/probe/tls.ts";
import { badInput } from "../errors.ts";
import type { Command } from "./command.ts";
import { options } from "./command.ts";

export const checkCommand: Command = {
  name: "check",
  synopsis: "check PORT [--json] [--config FILE]",
  about: `Measures one egress proxy now, without the daemon: a TCP connection, then a real request through it. Prints
PORT,STATE,LATENCY such as 18181,online,42 (ms), 18181,degraded,N/A (its port is open, its tunnel dead)
or 18181,offline,N/A.
--json         print one object: {port, server, group, state, cause, latencyMs}
--config FILE  instead of ${defaultConfigPath}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, {
    json: { type: "boolean", default: false },
    config: { type: "string", default: defaultConfigPath },
  });
  const [port, ...more] = positionals;
  if (port === undefined || more.length > 0) throw badInput("check takes one port of an egress proxy");
  const config = readEgressConfig(values.config);
  const { group, server } = find(config, port);
  const { state, cause, latencyMs } = await probeServer(server, probeOptions(group, trustOf(config.ca)));
  const rounded = latencyMs === null ? null : Math.round(latencyMs);
  const record = {
    port: server.port,
    server: server.name,
    group: group.name,
    state,
    cause,
    latencyMs: rounded,
  };
  process.stdout.write(
    values.json ? `${JSON.stringify(record)}\n` : `${server.port},${state},${rounded ?? "N/A"}\n`,
  );
  return 0;
}

/** A port names one proxy in all groups of a pair; the rules of the stack's config ensure it. */
function find(
  config: EgressConfig,
  port: string,
): { readonly group: EgressGroupConfig; readonly server: EgressServerConfig } {
  const all = config.groups.flatMap((group) => group.servers.map((server) => ({ group, server })));
  const ports = [...new Set(all.map(({ server }) => server.port))].join(", ");
  if (!/^\d{1,5}$/.test(port)) throw badInput(`"${port}" is not a port: the egress proxies have ${ports}`);
  const found = all.find(({ server }) => server.port === Number(port));
  if (found === undefined) throw badInput(`no egress proxy has port ${port}: they have ${ports}`);
  return found;
}
