import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { Failure } from "../../base/failure.ts";
import { engineEnvironment, engineRoot } from "../../tools/engine/environment.ts";
import { placeStackConfig, stackFile } from "../config/stackConfig.ts";
import type { Home } from "../session/home.ts";
import { engineFailure, passphraseInUse } from "./passphrase.ts";
import { leftLocked, storedStack } from "./stackState.ts";

/**
 * Opens a stack of the local state, running the same program as the plain CLI does.
 * @throws Failure with the engine's reason
 */
export async function openStack(
  home: Home,
  stackName: string,
  configFile = stackFile(stackName),
): Promise<Stack> {
  const stored = storedStack(home, stackName);
  placeStackConfig(home, stackName, configFile, stored?.salt);
  try {
    return await openPlaced(home, stackName, stored !== undefined);
  } catch (error) {
    // Any other error is a bug, whose stack trace is needed.
    if (!(error instanceof Error && "commandResult" in error)) throw error;
    throw engineFailure(error, { name: stackName, workspace: { workDir: home.work } });
  }
}

async function openPlaced(home: Home, stackName: string, isKnown: boolean): Promise<Stack> {
  // This small part first: it asks the CLI for its version in another process while the rest loads.
  const { PulumiCommand } = await import("@pulumi/pulumi/automation/cmd.js");
  const gettingCommand = PulumiCommand.get({ root: engineRoot });
  // Loaded here, because it takes half a second and commands that only read do not need it.
  const { LocalWorkspace, Stack } = await import("@pulumi/pulumi/automation/index.js");
  const { program } = await import("../../stacks/program.ts");
  const workspace = await LocalWorkspace.create({
    program,
    workDir: home.work,
    envVars: stateEnvironment(home),
    pulumiCommand: await gettingCommand,
  });
  // The SDK would run the CLI three more times, 0.3 s each. What is needed of its answers is in the engine's events, and
  // commands that need outputs read them themselves.
  workspace.stackOutputs = async () => ({});
  // Every command names its stack, so that a known one need not be selected.
  if (isKnown) workspace.selectStack = async () => undefined;
  const stack = await Stack.createOrSelect(stackName, workspace);
  stack.info = async () => undefined;
  if (await leftLocked(home, stackName)) await forgetInterrupted(home, stack);
  refuseUnknown(home, stackName);
  return stack;
}

/** @throws Failure where a killed run was making something of AWS: another run would make it a second time */
function refuseUnknown(home: Home, stackName: string): void {
  const unknown = storedStack(home, stackName)?.unknown ?? [];
  if (unknown.length === 0) return;
  const list = unknown.map(({ type, name }) => `${type.split(":").at(-1)} ${stackName}-${name}`).join(", ");
  const refresh = `npm run pulumi -- refresh --stack ${stackName}`;
  throw new Failure(
    `${stackName}: a run was killed while AWS made ${list}, and the state does not know whether AWS has it: look for it by its Name tag; delete it and run ${refresh} --clear-pending-creates, or keep it with ${refresh} ${unknown.map(({ urn }) => `--import-pending-creates '${urn} ID'`).join(" ")}`,
  );
}

/**
 * Clears what a killed run left in the state: its lock, and operations of unknown outcome. No run is under way: the
 * lock's engine has ended, and every command that starts one holds the folder's own lock. What the operations run on
 * hosts is safe to repeat; with something of AWS among them, all stay.
 */
async function forgetInterrupted(home: Home, stack: Stack): Promise<void> {
  await stack.cancel();
  // An import drops every operation.
  if ((storedStack(home, stack.name)?.unknown ?? []).length > 0) return;
  const state = await stack.exportStack();
  const { pending_operations: pending, ...deployment } = state.deployment ?? {};
  if (Array.isArray(pending) && pending.length > 0) await stack.importStack({ ...state, deployment });
}

/** The environment in which the engine finds the local state; the passphrase goes by file, never by value. */
export function stateEnvironment(home: Home): Record<string, string> {
  return {
    ...engineEnvironment(),
    PULUMI_BACKEND_URL: `file://${home.state}`,
    ...(passphraseInUse(home).isOwn && { PULUMI_CONFIG_PASSPHRASE_FILE: home.passphraseFile }),
  };
}
