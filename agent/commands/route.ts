import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../base/failure.ts";
import { RouteUsage, routeCommand, routeVerbs } from "../../client/command.ts";
import { connect } from "../../client/connect.ts";
import { RouteError } from "../../client/error.ts";
import { localSocketName, routesConfigPath } from "../../contract/routesConfig.ts";
import { readRoutesConfig } from "../daemon/config.ts";
import { badInput, exitStatuses } from "../errors.ts";
import { type Command, options } from "./command.ts";

/** The agent waits for this node for up to 5 s. One that is restarted is back before. */
const deadlineMs = 6000;

export const routeVerb: Command = {
  name: "route",
  synopsis: `route ${Object.keys(routeVerbs).join("|")} [--json]`,
  about: `Reads and changes the pair's routes, by this node's agent and as root, without a token.
${Object.values(routeVerbs).join("\n")}
--agent ID           who owns the route: another one cannot change it
--set OPTION=VALUE   such as websocket=false; docs/routes-api.md has all of them
--probe              the target has to accept a connection first
--dry-run            show what would change, and change nothing
--json               print what the API answers
FILE                 a transaction as the API takes it; - is standard input`,
  run,
};

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = options(args, {
    agent: { type: "string" },
    set: { type: "string", multiple: true },
    probe: { type: "boolean" },
    "dry-run": { type: "boolean" },
    json: { type: "boolean", default: false },
    config: { type: "string", default: `/${routesConfigPath}` },
  });
  try {
    const typed = { words: positionals, ...values, dryRun: values["dry-run"] };
    const command = routeCommand(typed, read);
    const socket = join(readRoutesConfig(values.config).folder, localSocketName);
    const { answer, text } = await command.run(connect({ socket, deadlineMs }));
    process.stdout.write(`${values.json ? JSON.stringify(answer) : text}\n`);
    return exitStatuses.ok;
  } catch (error) {
    throw inWords(error);
  }
}

function read(file: string): string {
  return readFileSync(file === "-" ? 0 : file, "utf8");
}

function inWords(error: unknown): unknown {
  if (error instanceof RouteUsage) return badInput(error.message);
  if (!(error instanceof RouteError)) return error;
  if (error.code === "bad-request") return badInput(error.message);
  const more = error.code === "unreachable" ? ': see "systemctl status hapair"' : "";
  return new Failure(`${error.message}${more}`);
}
