import { rollback } from "../apply/apply.ts";
import { badInput } from "../errors.ts";
import type { Command } from "./command.ts";
import { options } from "./command.ts";
import { thisHost } from "./thisHost.ts";
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
  if (positionals.length > 0) throw badInput("rollback takes no bundle: it returns to the previous one");
  const host = thisHost();
  return transact(host, values.json, () => rollback(host));
}
