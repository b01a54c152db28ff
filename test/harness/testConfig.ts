import { join } from "node:path";
import { plainConfig } from "../../cli/config/stackConfig.ts";

/**
 * The config of the tests' own stack, fresh each time: a pair with everything that a stack can have. The stack in
 * `stacks/` is its user's, who may change it in any way.
 */
export function testConfig(): Record<string, unknown> {
  return plainConfig(join(import.meta.dirname, "lab.yaml"));
}

/** The config of a stack whose machines exist already, as the example in `stacks/` has it; fresh each time. */
export function hostsConfig(): Record<string, unknown> {
  return plainConfig(join(import.meta.dirname, "hosts.yaml"));
}

/** The config of a stack on EC2, whose clients, monitoring and operators are in different networks; fresh each time. */
export function ec2Config(): Record<string, unknown> {
  return plainConfig(join(import.meta.dirname, "ec2.yaml"));
}

/** The config of a stack whose machines Vagrant makes, fresh each time. */
export function vagrantConfig(): Record<string, unknown> {
  return plainConfig(join(import.meta.dirname, "vagrant.yaml"));
}
