import { basename, join } from "node:path";
import { Failure } from "../../base/failure.ts";
import { routesConfigPath } from "../../contract/routesConfig.ts";
import { defaultConfigFolder, readRoutesConfig } from "../daemon/config.ts";
import { badInput, exitStatuses } from "../errors.ts";
import { readAsRoot } from "../routes/log/readAsRoot.ts";
import { replay } from "../routes/log/replay.ts";
import { logFileIn } from "../routes/log/routesLog.ts";
import { restoreDatabase } from "../routes/store/postgresRestore.ts";
import { type Command, options } from "./command.ts";

export const routesCommand: Command = {
  name: "routes",
  synopsis: "routes restore [--yes] [--config FOLDER]",
  about: `Writes this node's routes, as its log has them, to a database of the routes that has another history: one that
was restored from a backup, or is another one. Run it on the node that is right: every node takes these routes.
--yes            writes; without it, only says what it would do
--config FOLDER  instead of ${defaultConfigFolder}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, {
    yes: { type: "boolean", default: false },
    config: { type: "string", default: defaultConfigFolder },
  });
  if (positionals.join(" ") !== "restore") throw badInput("routes takes the word restore: see --help");
  const { database, pair, host, folder } = readRoutesConfig(join(values.config, basename(routesConfigPath)));
  const path = logFileIn(folder);
  const { table, wholeBytes, rest } = replay(readAsRoot(path), pair);
  if (rest === "damaged")
    throw new Failure(`${path} cannot be read after ${wholeBytes} bytes: restore from another node`);
  const sentence = await restoreDatabase({ login: database, pair, node: host }, table, values.yes);
  process.stdout.write(`${sentence}\n`);
  return exitStatuses.ok;
}
