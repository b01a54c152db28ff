import { ConfigError } from "../topology/problem.ts";
import { Failure } from "./failure.ts";

/** What `read` makes of a stack's config. @throws Failure with the file and every problem that `read` found in it */
export function ofStack<Value>(stackName: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(`stacks/Pulumi.${stackName}.yaml: ${error.message}`);
    throw error;
  }
}
