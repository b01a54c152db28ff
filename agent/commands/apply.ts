import { apply } from "../apply/apply.ts";
import { bundleArgument, bundleOptions } from "./bundleArgument.ts";
import { type Command, options } from "./command.ts";
import { thisHost } from "./thisHost.ts";
import { transact } from "./transact.ts";

export const applyCommand: Command = {
  name: "apply",
  synopsis: "apply FILE|-|SHA256 [--sha256 HEX] [--unless-holder] [--unless-new] [--json]",
  about: `Moves this host to a bundle: checks it, swaps it in, reloads what changed, proves that it works;
goes back to the bundle before if it does not. The bundle comes from a file, from standard input (-)
or from those that are on this host already (SHA256).
--sha256 HEX     refuse any other bundle than this one
--unless-holder  check and keep the bundle, but change nothing while this host holds the virtual address
--unless-new     the same on a node that was new to a running pair at the last \`hapair stage\`: the holder does not know it
--json           print one object: {bundle, outcome, changed, reloaded, restarted, started, edited, proof, reason?}
                 outcome is applied, unchanged, skipped, restored (it failed, the old bundle is live) or stuck`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, {
    ...bundleOptions,
    "unless-holder": { type: "boolean", default: false },
    "unless-new": { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  });
  const host = thisHost();
  // Before the lock: a delivery that is slow or stalls must not block another one.
  const known = await bundleArgument("apply", positionals, host, values.sha256);
  return transact(host, values.json, () =>
    apply(host, {
      known,
      kind: "apply",
      unlessHolder: values["unless-holder"],
      unlessNew: values["unless-new"],
    }),
  );
}
