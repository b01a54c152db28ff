import { apply } from "../apply.ts";
import { badInput } from "../errors.ts";
import { readHistory } from "../store/history.ts";
import { unfinished } from "../store/journal.ts";
import { stagedBundle } from "../store/stage.ts";
import type { Command } from "./command.ts";
import { options } from "./options.ts";
import { transact } from "./transact.ts";

export const rollbackCommand: Command = {
  name: "rollback",
  synopsis: "rollback [--json]",
  about: `Goes back one bundle, by the same steps and with the same proof as apply. After an apply that was
killed it goes back to the bundle before that one.`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, { json: { type: "boolean", default: false } });
  if (positionals.length > 0) throw badInput("rollback takes no bundle: it goes back to the one before");
  return transact(values.json, async (host, layout) => {
    const pending = unfinished(layout);
    const sha = pending ? pending.from : readHistory(layout).at(-2)?.bundle;
    if (!sha) throw badInput("there is no bundle before this one to go back to");
    const known = stagedBundle(layout, sha, host.name);
    if (known === undefined)
      throw badInput(`the bundle before this one, ${sha}, is no longer on this host: apply it from a file`);
    return apply(host, { known, unlessHolder: false, takesBack: pending === undefined });
  });
}
