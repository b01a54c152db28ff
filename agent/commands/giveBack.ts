import { Failure } from "../../base/failure.ts";
import { fileFaultWords, isFileError } from "../../base/fileErrors.ts";
import { badInput, exitStatuses } from "../errors.ts";
import { type GivenBack, giveBack } from "../giveBack/giveBack.ts";
import { underLock } from "../host/lock.ts";
import { layoutOf, openStore } from "../store/layout.ts";
import { type Command, options } from "./command.ts";
import { finishBeforeStopping, thisHost } from "./thisHost.ts";

export const giveBackCommand: Command = {
  name: "give-back",
  synopsis: "give-back [--json]",
  about: `Makes this host what it was before its first bundle: releases the virtual address, stops what did not run,
restores files, units, firewall, kernel settings and accounts, starts what ran, and removes hapair.
Packages, logs and databases stay. Can be repeated, also after a kill.
--json  print one object: {outcome, restored, removed, stopped, started, troubles}
        outcome is "given back", "nothing" (no bundle was ever applied) or "stuck": the troubles say what is left`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, { json: { type: "boolean", default: false } });
  if (positionals.length > 0) throw badInput("give-back takes no argument: it restores the whole host");
  const host = thisHost();
  const layout = layoutOf(host.root);
  openStore(layout);
  return underLock(layout.lock, async () => {
    finishBeforeStopping();
    try {
      const result = await giveBack(host);
      print(result, values.json);
      return result.outcome === "stuck" ? exitStatuses.needsHuman : exitStatuses.ok;
    } catch (error) {
      if (!isFileError(error)) throw error;
      throw new Failure(
        `this host is given back in part: ${fileFaultWords(error, layout.store)}, then run hapair give-back again`,
      );
    }
  });
}

function print(result: GivenBack, asJson: boolean): void {
  if (asJson) {
    process.stdout.write(`${JSON.stringify(result)}\n`);
    return;
  }
  const lines = [
    sentences[result.outcome],
    ...result.restored.map((path) => `  restored  /${path}`),
    ...result.removed.map((path) => `  removed   /${path}`),
    ...result.stopped.map((unit) => `  stopped   ${unit}`),
    ...result.started.map((unit) => `  started   ${unit}`),
    ...result.troubles.map((trouble) => `  trouble   ${trouble}`),
  ];
  (result.outcome === "stuck" ? process.stderr : process.stdout).write(`${lines.join("\n")}\n`);
}

const sentences: Readonly<Record<GivenBack["outcome"], string>> = {
  "given back": "this host is what it was before its first bundle",
  nothing: "no bundle was ever applied to this host: hapair is removed",
  stuck: "this host is given back but for the troubles below: mend them, then run hapair give-back again",
};
