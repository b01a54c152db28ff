import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { engineEnvironment } from "../../tools/engine/environment.ts";
import { engineRoot } from "../../tools/engine/paths.ts";
import { placeStackConfig, stackFile } from "../config/stackConfig.ts";
import type { Home } from "../session/home.ts";
import { leftLocked } from "./stackState.ts";

/** Opens a stack of the local state, running the same program as the plain CLI does. */
export async function openStack(
  home: Home,
  stackName: string,
  configFile = stackFile(stackName),
): Promise<Stack> {
  // This small part first: it asks the CLI for its version in a process of its own, while the rest loads.
  const { PulumiCommand } = await import("@pulumi/pulumi/automation/cmd.js");
  const gettingCommand = PulumiCommand.get({ root: engineRoot });
  // Loaded here, as it takes half a second: a command that only reads does without.
  const { LocalWorkspace, Stack } = await import("@pulumi/pulumi/automation/index.js");
  const { program } = await import("../../stacks/program.ts");
  placeStackConfig(home, stackName, configFile);
  const workspace = await LocalWorkspace.create({
    program,
    workDir: home.work,
    envVars: stateEnvironment(home),
    pulumiCommand: await gettingCommand,
  });
  // The SDK asks the CLI three more questions at every run, 0.3 s each; what we need of the answers, the engine's
  // events have told by then, and a command that wants outputs reads them itself.
  workspace.stackOutputs = async () => ({});
  if (isKnown(home, stackName)) workspace.selectStack = async () => undefined;
  const stack = await Stack.createOrSelect(stackName, workspace);
  stack.info = async () => undefined;
  if (await leftLocked(home, stackName)) await forgetInterrupted(stack);
  return stack;
}

/** Every command names its stack, so one that the state has need not be selected. */
function isKnown({ state }: Home, stackName: string): boolean {
  return existsSync(join(state, ".pulumi/stacks/hapair", `${stackName}.json`));
}

/**
 * Clears what a killed run left in the state: its lock, and operations whose outcome nobody saw. No run is under way:
 * its engine lives no more, and every command of ours that starts one holds the folder's own lock. Everything that we
 * run on hosts is safe to run again.
 */
async function forgetInterrupted(stack: Stack): Promise<void> {
  await stack.cancel();
  const state = await stack.exportStack();
  const { pending_operations: pending, ...deployment } = state.deployment ?? {};
  if (Array.isArray(pending) && pending.length > 0) await stack.importStack({ ...state, deployment });
}

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
