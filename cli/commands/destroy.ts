import { existsSync } from "node:fs";
import type { Command } from "commander";
import { placedFile, shippedStack, stackFile } from "../config/stackConfig.ts";
import { openStack } from "../engine/openStack.ts";
import { removeStack } from "../engine/stackState.ts";
import { type Home, openHome } from "../session/home.ts";
import { removeMachines } from "../targets/targets.ts";

/**
 * All that a stack makes is on its machines, so its target removes those at once, without the engine: the commands that
 * its state keeps for their removal may name a clone that was moved since.
 */
export function addDestroy(program: Command): void {
  program
    .command("destroy")
    .description("remove a stack and everything that it made; caches and passphrase stay")
    .argument("[stack]", "name of the stack", shippedStack)
    .action(async (stackName: string) => {
      const home = openHome();
      const stack = await openStack(home, stackName, configOf(home, stackName));
      await removeMachines(stack);
      await removeStack(home, stack);
      console.log(`${stackName}: removed`);
    });
}

/** The config with which the stack came up, if it did: a config that was broken since must not stop its removal. */
function configOf(home: Home, stackName: string): string {
  const placed = placedFile(home.work, stackName);
  return existsSync(placed) ? placed : stackFile(stackName);
}
