import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Failure } from "../../base/failure.ts";
import { fileFaultWords, isFileError } from "../../base/fileErrors.ts";
import { routesConfigPath } from "../../contract/routesConfig.ts";
import { defaultConfigFolder, readRoutesConfig } from "../daemon/config.ts";
import { badInput, exitStatuses } from "../errors.ts";
import { replay } from "../routes/log/replay.ts";
import { logFileIn } from "../routes/log/routesLog.ts";
import { mapFileOf } from "../routes/mapFile.ts";
import { targetRules } from "../routes/writer/targets.ts";
import { own, replaceFile } from "../store/durable.ts";
import { type Command, options } from "./command.ts";

/** A log with ten thousand routes has some 10 MB. */
const mostBytes = 256 * 1024 * 1024;

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
  const found = replay(readLog(path), config.pair);
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

/**
 * The log belongs to the daemon's user, who could put anything in its place: a link leads nowhere, a pipe keeps nobody
 * waiting, and a file of any size fits into memory.
 */
function readLog(path: string): Buffer {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  try {
    const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fstatSync(file);
      if (!stats.isFile() || stats.size > mostBytes)
        throw new Failure(`${path} is no log of routes, but ${kindOf(stats)}: see who made it and remove it`);
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (isFileError(error) && error.code === "ENOENT") return Buffer.alloc(0);
    throw isFileError(error) ? new Failure(fileFaultWords(error, path)) : error;
  }
}

function kindOf(stats: ReturnType<typeof fstatSync>): string {
  return stats.isFile() ? `a file of ${stats.size} bytes` : "something other than a file";
}
