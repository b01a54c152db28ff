import { openStack } from "../../../cli/engine/openStack.ts";
import { openHome } from "../../../cli/session/home.ts";

/** Runs the engine on a stack of the clone that this file is in, with nothing before it, as `pulumi up` does. */
const stack = await openStack(openHome(), process.argv[2] ?? "");
await stack.up({ onOutput: (text) => process.stdout.write(text) });
