import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { configValues } from "../../topology/configKeys.ts";
import { parseTopology } from "../../topology/parse.ts";
import { parseSecrets, splitSecrets } from "../../topology/secrets/givenSecrets.ts";
import type { Topology } from "../../topology/topology.ts";
import { type EngineStack, engineFailure } from "../engine/passphrase.ts";
import { ofStack, placedFile, plainConfig, stackFile } from "./stackConfig.ts";

/**
 * Checks the secrets of a stack's config before anything is touched: the engine's program does so only after machines
 * have been removed. They are encrypted, so the Pulumi CLI is asked for them, but only where some are set.
 * @throws Failure that names each secret that is missing, invalid or unused
 */
export async function checkSecrets(
  stack: EngineStack & Pick<Stack, "getAllConfig">,
  topology: Topology,
): Promise<void> {
  const written = secretsIn(plainConfig(placedFile(stack.workspace.workDir, stack.name)));
  const isSet = Object.values(written).some((section) => section !== undefined);
  const secrets = isSet ? secretsIn(await decrypted(stack)) : written;
  ofStack(stack.name, () => parseSecrets(topology, secrets));
}

const secretsIn = (config: Readonly<Record<string, unknown>>) => splitSecrets(config).secrets;

async function decrypted(stack: EngineStack & Pick<Stack, "getAllConfig">): Promise<Record<string, unknown>> {
  try {
    const entries = Object.entries(await stack.getAllConfig());
    return configValues(
      "hapair",
      entries.map(([key, { value }]) => [key, value]),
    );
  } catch (error) {
    throw engineFailure(error, stack);
  }
}

/** The topology of a stack's config, checked without the engine. @throws Failure with every problem of it */
export function topologyOf(stackName: string): Topology {
  const { config } = splitSecrets(plainConfig(stackFile(stackName)));
  return ofStack(stackName, () => parseTopology(config));
}
