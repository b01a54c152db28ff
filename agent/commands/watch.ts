import { agentUnit } from "../../contract/agentConfig.ts";
import { defaultConfigFolder } from "../daemon/config.ts";
import { runDaemon } from "../daemon/daemon.ts";
import { badInput } from "../errors.ts";
import { openParts } from "../watch.ts";
import type { Command } from "./command.ts";
import { options } from "./command.ts";

export const watchCommand: Command = {
  name: "watch",
  synopsis: "watch [--config FOLDER]",
  about: `The daemon that ${agentUnit} runs: measures the SOCKS5 proxies, prefers the best one, gives the virtual
address up where it must, on EC2 has AWS deliver the address to its holder, keeps HAProxy's routes those of the pair,
and serves /metrics, /egress and /address.
SIGHUP reads the config again; SIGTERM ends it and leaves everything serving.
--config FOLDER  instead of ${defaultConfigFolder}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, { config: { type: "string", default: defaultConfigFolder } });
  if (positionals.length > 0) throw badInput("watch takes no argument: see --help");
  await runDaemon(values.config, openParts);
  // After SIGTERM, probes that still run must not keep the process alive.
  process.exit(0);
}
