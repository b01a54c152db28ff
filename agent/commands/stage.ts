import { stageOnly } from "../apply/apply.ts";
import { bundleArgument, bundleOptions } from "./bundleArgument.ts";
import type { Command } from "./command.ts";
import { options } from "./command.ts";
import { thisHost } from "./thisHost.ts";
import { transact } from "./transact.ts";

export const stageCommand: Command = {
  name: "stage",
  synopsis: "stage FILE|-|SHA256 [--sha256 HEX] [--json]",
  about: `Checks a bundle with its daemons' own checkers and keeps it on this host, which does not change. If a query
gets through this host now, the next apply has to keep that so, whatever other hosts of the roll-out do meanwhile.`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, {
    ...bundleOptions,
    json: { type: "boolean", default: false },
  });
  const host = thisHost();
  // Before the lock: a delivery that is slow or stalls must not block another one.
  const known = await bundleArgument("stage", positionals, host, values.sha256);
  return transact(host, values.json, () => stageOnly(host, known));
}
