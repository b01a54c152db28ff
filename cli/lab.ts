import { labVariable } from "../contract/lab.ts";
import { shippedStack, stackFile } from "./config/stackConfig.ts";
import { tellFailure } from "./session/output.ts";
import { labNameIn } from "./targets/lab/target.ts";

/** `npm run lab`: the lab's own program, for the stack's lab unless the command line names another. */

process.env[labVariable] ||= labOfStack();
await import("../lab/main.ts");

/** Empty where the config names none and the command line does. */
function labOfStack(): string {
  try {
    return labNameIn(stackFile(shippedStack));
  } catch (error) {
    if (process.argv.some((arg) => arg === "--lab" || arg.startsWith("--lab="))) return "";
    const status = tellFailure(error);
    console.error("the stack's lab is not known: name one with --lab NAME");
    process.exit(status);
  }
}
