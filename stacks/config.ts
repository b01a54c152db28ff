import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import { configValues } from "../topology/configKeys.ts";
import { parseTopology } from "../topology/parse.ts";
import { ConfigError } from "../topology/problem.ts";
import { type GivenSecrets, parseSecrets, splitSecrets } from "../topology/secrets/givenSecrets.ts";
import { parseStackFile } from "../topology/stackFile.ts";
import type { Topology } from "../topology/topology.ts";

export interface Stack {
  readonly topology: Topology;
  readonly secrets: GivenSecrets;
}

/**
 * This stack's config, checked whole before any resource is made.
 * @param folder where the stacks' config files are
 * @throws pulumi.RunError with every problem: the engine prints it without a stack trace.
 */
export function readStack(folder = import.meta.dirname): Stack {
  try {
    checkFile(join(folder, `Pulumi.${pulumi.getStack()}.yaml`));
    const values = configValues(pulumi.getProject(), Object.entries(allConfig()));
    const { config, secrets } = splitSecrets(values);
    const topology = parseTopology(config);
    return { topology, secrets: parseSecrets(topology, secrets) };
  } catch (error) {
    if (error instanceof ConfigError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

/** The plain Pulumi CLI has read the file already, and perhaps otherwise than the project's own commands would. */
function checkFile(path: string): void {
  if (existsSync(path)) parseStackFile(path, readFileSync(path));
}
