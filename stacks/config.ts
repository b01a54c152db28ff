import * as pulumi from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import { type GivenSecrets, parseSecrets, splitSecrets } from "../topology/givenSecrets.ts";
import { parseTopology } from "../topology/parse.ts";
import { ConfigError } from "../topology/problem.ts";
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
  const { config, secrets } = splitSecrets(projectConfig());
  try {
    const topology = parseTopology(config);
    return { topology, secrets: parseSecrets(topology, secrets) };
  } catch (error) {
    if (error instanceof ConfigError) throw new pulumi.RunError(error.message);
    throw error;
  }
}

/** The project's keys without their namespace. The engine hands objects over as JSON. */
function projectConfig(): Record<string, unknown> {
  const namespace = `${pulumi.getProject()}:`;
  return Object.fromEntries(
    Object.entries(allConfig())
      .filter(([key]) => key.startsWith(namespace))
      .map(([key, value]) => [key.slice(namespace.length), parsed(value)]),
  );
}

/** A text may begin like JSON; the parser's complaint would quote it, and it may be a secret. */
function parsed(value: string): unknown {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
