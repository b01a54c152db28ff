import { badInput } from "../errors.ts";
import { rollback } from "../rollback.ts";
import type { Command } from "./command.ts";
import { options } from "./options.ts";
import { thisHost } from "./terminal.ts";
import { transact } from "./transact.ts";

export const rollbackCommand: Command = {
  name: "rollback",
  synopsis: "rollback [--json]",
  about: `Goes back one bundle, by the same steps and with the same proof as apply. After an apply that was
killed it goes back to the bundle before that one; a rollback that was killed is finished.`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, { json: { type: "boolean", default: false } });
  if (positionals.length > 0) throw badInput("rollback takes no bundle: it goes back to the one before");
  const host = thisHost();
  return transact(host, values.json, () => rollback(host));
}
