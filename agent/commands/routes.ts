import { basename, join } from "node:path";
import { Failure, messageOf } from "../../base/failure.ts";
import { routesConfigPath } from "../../contract/routesConfig.ts";
import { defaultConfigFolder, readRoutesConfig } from "../daemon/config.ts";
import { badInput, exitStatuses } from "../errors.ts";
import { logFileIn, readRoutesLog } from "../routes/log/routesLog.ts";
import { openPostgresStore } from "../routes/store/postgres.ts";
import { type Command, options } from "./command.ts";

export const routesCommand: Command = {
  name: "routes",
  synopsis: "routes restore [--config FOLDER]",
  about: `Makes the routes that this node has on disk those of the pair, in place of whatever the database has: after it
was restored from a backup, or is another one. Every node takes them over. Run it on the node whose routes are right.
--config FOLDER  instead of ${defaultConfigFolder}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, { config: { type: "string", default: defaultConfigFolder } });
  if (positionals.length !== 1 || positionals[0] !== "restore")
    throw badInput('routes takes the word "restore": see --help');
  const config = readRoutesConfig(join(values.config, basename(routesConfigPath)));
  const { table, damage } = readRoutesLog(config.folder, config.pair);
  const { position, routes } = table;
  if (damage !== null || position === null)
    throw new Failure(
      `${damage ?? `${logFileIn(config.folder)} has no routes yet`}; the database was not touched: restore from a node whose log is whole`,
    );
  const store = openPostgresStore({ login: config.database, pair: config.pair, node: config.host });
  try {
    const version = await store.restore({ ...position, routes: [...routes.values()] }).catch(refused);
    process.stdout.write(`the pair has the ${routes.size} routes of ${config.host}, as version ${version}\n`);
  } finally {
    await store.close();
  }
  return exitStatuses.ok;
}

function refused(error: unknown): never {
  throw new Failure(`${messageOf(error)}; once that is mended, restore again: nothing is made twice`);
}
