import { agentUnit } from "../../contract/agentConfig.ts";
import { defaultConfigPath } from "../daemon/config.ts";
import { runDaemon } from "../daemon/daemon.ts";
import { badInput } from "../errors.ts";
import { openParts } from "../watch.ts";
import type { Command } from "./command.ts";
import { options } from "./command.ts";

export const watchCommand: Command = {
  name: "watch",
  synopsis: "watch [--config FILE]",
  about: `The daemon that ${agentUnit} runs: measures the SOCKS5 proxies, prefers the best one, gives the virtual
address up where it must, and serves /metrics and /egress. SIGHUP reads the config again; SIGTERM ends it and leaves
everything serving.
--config FILE  instead of ${defaultConfigPath}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, { config: { type: "string", default: defaultConfigPath } });
  if (positionals.length > 0) throw badInput("watch takes no argument: see --help");
  await runDaemon(values.config, openParts);
  // After SIGTERM, probes that still run must not keep the process alive.
  process.exit(0);
}
