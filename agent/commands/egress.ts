import { askPage } from "../egress/page/askPage.ts";
import { defaultConfigPath, readEgressConfig } from "../egress/readEgressConfig.ts";
import { AgentError, badInput, exitStatuses } from "../errors.ts";
import type { Command } from "./command.ts";
import { options } from "./options.ts";
import { printEgress } from "./printEgress.ts";

const answerMs = 2000;

export const egressCommand: Command = {
  name: "egress",
  synopsis: "egress [--json] [--config FILE]",
  about: `Every egress group as the running loop sees it: its proxies' state and cause, latency, haproxy's view of
them, which one is preferred and why, and the last switches.
--json         print what the loop answers at /egress
--config FILE  instead of ${defaultConfigPath}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, {
    json: { type: "boolean", default: false },
    config: { type: "string", default: defaultConfigPath },
  });
  if (positionals.length > 0) throw badInput("egress takes no argument: see --help");
  const [where] = readEgressConfig(values.config).listen;
  if (where === undefined) throw badInput(`${values.config} names no address of the loop`);
  const page = await askPage(where, answerMs).catch(() => {
    throw new AgentError(
      exitStatuses.failed,
      `the egress loop does not answer on ${where.address}:${where.port}: see "systemctl status hapair"`,
    );
  });
  process.stdout.write(values.json ? `${JSON.stringify(page)}\n` : printEgress(page));
  return exitStatuses.ok;
}
