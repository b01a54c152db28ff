import * as pulumi from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import { configValues } from "../topology/configKeys.ts";
import { parseTopology } from "../topology/parse.ts";
import { ConfigError } from "../topology/problem.ts";
import { type GivenSecrets, parseSecrets, splitSecrets } from "../topology/secrets/givenSecrets.ts";
import type { Topology } from "../topology/topology.ts";

export interface Stack {
  readonly topology: Topology;
  readonly secrets: GivenSecrets;
}

/**
 * This stack's config, checked whole before any resource is made.
 * @throws pulumi.RunError with every problem: the engine prints it without a stack trace.
 */
export function readStack(): Stack {
  const { config, secrets } = splitSecrets(configValues(pulumi.getProject(), Object.entries(allConfig())));
  try {
    const topology = parseTopology(config);
    return { topology, secrets: parseSecrets(topology, secrets) };
  } catch (error) {
    if (error instanceof ConfigError) throw new pulumi.RunError(error.message);
    throw error;
  }
}
