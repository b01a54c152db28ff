import { type ParseArgsConfig, parseArgs } from "node:util";
import { badInput, messageOf } from "../errors.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** Parses a command's arguments; an unknown or malformed one is bad input. */
export function options<Given extends Options>(args: readonly string[], given: Given) {
  try {
    return parseArgs({ args: [...args], options: given, allowPositionals: true, strict: true });
  } catch (error) {
    throw badInput(`${messageOf(error).split(".")[0] ?? ""}: see --help`);
  }
}
