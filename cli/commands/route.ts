import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { exitStatus, Failure } from "../../base/failure.ts";
import { RouteUsage, routeCommand, routeVerbs } from "../../client/command.ts";
import { connect, type Routes } from "../../client/connect.ts";
import { RouteError } from "../../client/error.ts";
import type { PairOutputs, StackOutputs } from "../../contract/stackOutputs.ts";
import { shippedStack } from "../config/stackConfig.ts";
import { outputsOf } from "../engine/outputs.ts";
import { openHome } from "../session/home.ts";

interface Options {
  readonly stack: string;
  readonly pair?: string;
  readonly token?: string;
  readonly agent?: string;
  readonly set?: readonly string[];
  readonly probe?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addRoute(program: Command): void {
  program
    .command("route")
    .description(`read and change the routes of a pair: ${Object.values(routeVerbs).join("; ")}`)
    .argument("<words...>", "such as: add shop http://10.0.9.5:3000 --agent shop")
    .option("--agent <id>", "who owns the route: another one cannot change it")
    .option(
      "--set <option=value>",
      "an option of the route, such as websocket=false; as often as needed",
      (setting: string, before: readonly string[]) => [...before, setting],
      [],
    )
    .option("--probe", "the target has to accept a connection first")
    .option("--dry-run", "show what would change, and change nothing")
    .option("--token <name>", "name of the token; the first one by default")
    .option("--pair <name>", "name of the pair; the first one with routes by default")
    .option("--stack <name>", "name of the stack", shippedStack)
    .option("--json", "print what the API answers")
    .action(async (words: string[], options: Options) => {
      try {
        const command = routeCommand({ words, ...options }, (file) =>
          readFileSync(file === "-" ? 0 : file, "utf8"),
        );
        const { answer, text } = await command.run(
          routesOf(await outputsOf(openHome(), options.stack), options),
        );
        console.log(options.json ? JSON.stringify(answer) : text);
      } catch (error) {
        throw inWords(error);
      }
    });
}

/** The API of a stack's pair. @throws Failure where it has none, or no such token */
export function routesOf(
  { pairs }: Pick<StackOutputs, "pairs">,
  { stack, pair: wanted, token: name }: Pick<Options, "stack" | "pair" | "token">,
): Routes {
  const found = Object.entries(pairs).find(([pair, { routesUrl }]) =>
    wanted === undefined ? routesUrl !== undefined : pair === wanted,
  );
  const { routesUrl, routesAuthority, routeTokens = {}, reach }: Partial<PairOutputs> = found?.[1] ?? {};
  if (routesUrl === undefined || routesAuthority === undefined)
    throw new Failure(
      wanted === undefined
        ? `the stack ${stack} has no pair with routes: see docs/routes-api.md`
        : `the stack ${stack} has no pair ${wanted} with routes`,
    );
  const token = name === undefined ? Object.values(routeTokens)[0] : routeTokens[name];
  if (token === undefined)
    throw new Failure(`there is no token ${name ?? ""}: it has ${Object.keys(routeTokens).join(", ")}`);
  return connect({
    ...{ url: reach?.routesUrl ?? routesUrl, token, ca: routesAuthority },
    // A way of this machine's own may lead to the pair by another address than the certificate names.
    ...(reach?.routesUrl !== undefined && { serverName: new URL(routesUrl).hostname }),
  });
}

function inWords(error: unknown): unknown {
  if (error instanceof RouteUsage) return new Failure(error.message, exitStatus.usage);
  if (!(error instanceof RouteError)) return error;
  const status = { "bad-request": exitStatus.usage, unreachable: exitStatus.unknown }[String(error.code)];
  return new Failure(error.message, status);
}
