import { type ParseArgsConfig, parseArgs } from "node:util";
import { messageOf } from "../../base/failure.ts";
import { badInput, exitStatuses } from "../errors.ts";

/** A verb of the program. */
export interface Command {
  readonly name: string;
  readonly synopsis: string;
  readonly about: string;
  /** Resolves to the exit status. */
  run(args: readonly string[]): Promise<number>;
}

export function usage(commands: readonly Command[]): string {
  const verbs = commands.map(({ synopsis, about }) => `  hapair ${synopsis}\n${indent(about)}`).join("\n\n");
  return `Usage:\n${verbs}

Exit status:
  ${exitStatuses.ok}   done, or nothing to do
  ${exitStatuses.failed}   it did not work; the host is on the bundle that it had
  ${exitStatuses.badInput}   the request or the bundle is wrong; nothing was touched
  ${exitStatuses.needsHuman}   neither the new nor the old bundle works as it should: repair this host by hand
  ${exitStatuses.locked}  another apply was still running after a minute
`;
}

function indent(text: string): string {
  return text
    .trim()
    .split("\n")
    .map((line) => `      ${line}`)
    .join("\n");
}

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Parses a command's arguments; an unknown or malformed one is bad input. */
export function options<Given extends Options>(args: readonly string[], given: Given) {
  try {
    return parseArgs({ args: [...args], options: given, allowPositionals: true, strict: true });
  } catch (error) {
    throw badInput(`${messageOf(error).split(".")[0] ?? ""}: see --help`);
  }
}
