import { LocalWorkspace, PulumiCommand, type Stack } from "@pulumi/pulumi/automation/index.js";
import { program } from "../stacks/program.ts";
import { engineEnvironment } from "../tools/engine/environment.ts";
import { engineRoot } from "../tools/engine/paths.ts";
import type { Home } from "./home.ts";
import { placeStackConfig, stackFile } from "./stackConfig.ts";

/** The environment in which the engine finds our own state; the passphrase goes by file, never by value. */
export function stateEnvironment(home: Home): Record<string, string> {
  const ownPassphrase =
    process.env.PULUMI_CONFIG_PASSPHRASE === undefined &&
    process.env.PULUMI_CONFIG_PASSPHRASE_FILE === undefined;
  return {
    ...engineEnvironment(),
    PULUMI_BACKEND_URL: `file://${home.state}`,
    ...(ownPassphrase && { PULUMI_CONFIG_PASSPHRASE_FILE: home.passphraseFile }),
  };
}

/** Opens a stack of the local state, running the same program as the plain CLI does. */
export async function openStack(
  home: Home,
  stackName: string,
  configFile = stackFile(stackName),
): Promise<Stack> {
  placeStackConfig(home, stackName, configFile);
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName, projectName: "hapair", program },
    {
      workDir: home.work,
      envVars: stateEnvironment(home),
      pulumiCommand: await PulumiCommand.get({ root: engineRoot }),
    },
  );
  await forgetInterrupted(stack);
  return stack;
}

/**
 * Clears what a killed run left in the state: its lock, and operations whose outcome nobody saw. The caller holds
 * the folder's own lock, so no run is under way; and everything that we run on hosts is safe to run again.
 */
async function forgetInterrupted(stack: Stack): Promise<void> {
  await stack.cancel();
  const state = await stack.exportStack();
  const { pending_operations: pending, ...deployment } = state.deployment ?? {};
  if (Array.isArray(pending) && pending.length > 0) await stack.importStack({ ...state, deployment });
}
