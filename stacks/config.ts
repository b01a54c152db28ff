import * as pulumi from "@pulumi/pulumi";
import { allConfig } from "@pulumi/pulumi/runtime/config.js";
import { parseTopology } from "../topology/parse.ts";
import { type GivenPasswords, parsePasswords } from "../topology/passwords.ts";
import { ConfigError } from "../topology/problem.ts";
import type { Topology } from "../topology/topology.ts";

const passwordsKey = "passwords";

export interface Stack {
  readonly topology: Topology;
  /** By pair; `undefined` where they are to be generated. */
  readonly passwords: GivenPasswords | undefined;
}

/**
 * This stack's config, checked whole before any resource is made.
 * @throws pulumi.RunError with every problem: the engine prints it without a stack trace.
 */
export function readStack(): Stack {
  const { [passwordsKey]: passwords, ...config } = projectConfig();
  try {
    const topology = parseTopology(config);
    return { topology, passwords: parsePasswords(topology, passwords) };
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

function parsed(value: string): unknown {
  return /^[[{]/.test(value) ? JSON.parse(value) : value;
}
