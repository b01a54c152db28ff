import { stageOnly } from "../apply/apply.ts";
import { parseTakeOver } from "../ownership/takeOver.ts";
import { bundleArgument, bundleOptions } from "./bundleArgument.ts";
import type { Command } from "./command.ts";
import { options } from "./command.ts";
import { thisHost } from "./thisHost.ts";
import { transact } from "./transact.ts";

export const stageCommand: Command = {
  name: "stage",
  synopsis: "stage FILE|-|SHA256 [--sha256 HEX] [--take-over SERVICE…] [--json]",
  about: `Checks a bundle with its daemons' own checkers and keeps it on this host, which does not change. If a query
gets through this host now, the next apply has to keep that so, whatever other hosts of the roll-out do meanwhile.
Refuses what is somebody's own and not taken over yet: changed configuration files, a firewall, a daemon.
--take-over SERVICE  the apply may replace what this service has here, such as haproxy, keepalived or ufw; can be
                     repeated, or take several with commas. It is kept, and give-back restores it`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, {
    ...bundleOptions,
    "take-over": { type: "string", multiple: true, default: [] },
    json: { type: "boolean", default: false },
  });
  const takeOver = parseTakeOver(values["take-over"]);
  const host = thisHost();
  // Before the lock: a delivery that is slow or stalls must not block another one.
  const known = await bundleArgument("stage", positionals, host, values.sha256);
  return transact(host, values.json, () => stageOnly(host, known, takeOver));
}
