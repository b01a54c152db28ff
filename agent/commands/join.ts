import { joinUnit } from "../../contract/agentConfig.ts";
import { waitToBid } from "../address/join/waitToBid.ts";
import { defaultConfigPath, readEgressConfig } from "../daemon/config.ts";
import { notify } from "../daemon/notify.ts";
import { badInput, exitStatuses } from "../errors.ts";
import { type Command, options } from "./command.ts";
import { thisHost } from "./thisHost.ts";

export const joinCommand: Command = {
  name: "join",
  synopsis: "join --address ADDRESS [--config FILE]",
  about: `What ${joinUnit} runs when a node starts or is new: keeps it from the virtual address as long as another machine
has that and a running peer does not know this node, and then ends.
--address ADDRESS  this node's own, by which its peers know it
--config FILE      instead of ${defaultConfigPath}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, {
    address: { type: "string" },
    config: { type: "string", default: defaultConfigPath },
  });
  const { address, config } = values;
  if (address === undefined || positionals.length > 0)
    throw badInput("join takes --address and no argument: see --help");
  await waitToBid(thisHost(), () => readEgressConfig(config), address, {
    ready: () => notify("--ready"),
    waiting: async (why) => {
      process.stdout.write(`does not bid for the virtual address yet: ${why}\n`);
      await notify(`--status=${why}`);
    },
  });
  process.stdout.write("may bid for the virtual address\n");
  return exitStatuses.ok;
}
