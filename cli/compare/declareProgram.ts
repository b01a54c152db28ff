import { messageOf } from "../../base/failure.ts";
import { splitSecrets } from "../../topology/secrets/givenSecrets.ts";
import { plainConfig, stackFile } from "../config/stackConfig.ts";
import { hasSecret } from "../config/stackSalt.ts";
import { declared } from "./declared.ts";

/**
 * `declareProgram.ts <stack>`: prints every resource that a stack's program declares where it has never been up. Needs
 * no engine, no account of AWS and no login: all of them are played. Prints nothing for a stack with encrypted secrets, which it does not read.
 */
const [stack = ""] = process.argv.slice(2);
try {
  const config = plainConfig(stackFile(stack));
  if (!hasSecret(splitSecrets(config).secrets)) process.stdout.write(await declared(stack, config));
} catch (error) {
  console.error(messageOf(error));
  process.exitCode = 1;
}
// The engine's client keeps its event loop alive.
process.exit();
