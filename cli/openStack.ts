import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { engineRoot } from "../tools/engine/paths.ts";
import { stateEnvironment } from "./engineState.ts";
import type { Home } from "./home.ts";
import { placeStackConfig, stackFile } from "./stackConfig.ts";

/** Opens a stack of the local state, running the same program as the plain CLI does. */
export async function openStack(
  home: Home,
  stackName: string,
  configFile = stackFile(stackName),
): Promise<Stack> {
  // Loaded here, as it takes most of a second: a command that only reads, or starts itself again under the lock,
  // does without.
  const { LocalWorkspace, PulumiCommand, Stack } = await import("@pulumi/pulumi/automation/index.js");
  // Asks the CLI for its version in a process of its own, while the program loads.
  const gettingCommand = PulumiCommand.get({ root: engineRoot });
  const { program } = await import("../stacks/program.ts");
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
  if (wasInterrupted(home)) await forgetInterrupted(stack);
  return stack;
}

/** Every command names its stack, so one that the state has need not be selected. */
function isKnown({ state }: Home, stackName: string): boolean {
  return existsSync(join(state, ".pulumi/stacks/hapair", `${stackName}.json`));
}

/** Whether a killed run has left its lock in the state. */
function wasInterrupted({ state }: Home): boolean {
  const locks = join(state, ".pulumi", "locks");
  return (
    existsSync(locks) &&
    readdirSync(locks, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile())
  );
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
