import { basename, join } from "node:path";
import { routesConfigPath } from "../../contract/routesConfig.ts";
import { defaultConfigFolder, readRoutesConfig } from "../daemon/config.ts";
import { badInput, exitStatuses } from "../errors.ts";
import { readAsRoot } from "../routes/log/readAsRoot.ts";
import { replay } from "../routes/log/replay.ts";
import { logFileIn } from "../routes/log/routesLog.ts";
import { mapFileOf } from "../routes/mapFile.ts";
import { targetRules } from "../routes/writer/targets.ts";
import { own, replaceFile } from "../store/durable.ts";
import { type Command, options } from "./command.ts";

export const routesMapCommand: Command = {
  name: "routes-map",
  synopsis: "routes-map [--config FOLDER]",
  about: `Writes the file that HAProxy's next worker reads its routes from, out of this node's log of routes, of which
every line is checked. HAProxy's unit runs it as root before each start and reload. Without a log the file has no
routes; with one that cannot be read the file stays as it is.
--config FOLDER  instead of ${defaultConfigFolder}`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, { config: { type: "string", default: defaultConfigFolder } });
  if (positionals.length > 0) throw badInput("routes-map takes no argument: see --help");
  const config = readRoutesConfig(join(values.config, basename(routesConfigPath)));
  const path = logFileIn(config.folder);
  const found = replay(readAsRoot(path), config.pair);
  // haproxy is root when it reads it.
  replaceFile(config.mapFile, mapFileOf(found, targetRules(config)), own(0o640));
  const { table, wholeBytes, rest } = found;
  if (rest === "damaged")
    process.stderr.write(
      `hapair: ${path} cannot be read after ${wholeBytes} bytes: HAProxy begins with ${table.routes.size} routes, and gets the others from the agent\n`,
    );
  process.stdout.write(`${config.mapFile}: ${table.routes.size} routes\n`);
  return exitStatuses.ok;
}
