import { existsSync } from "node:fs";
import type { Command } from "commander";
import { placedFile, stackFile } from "../config/stackConfig.ts";
import { openStack } from "../engine/openStack.ts";
import { removeStack } from "../engine/stackState.ts";
import { type Home, openHome } from "../session/home.ts";
import { removeLab } from "../targets/lab/lab.ts";
import { labsOf } from "../targets/lab/revive.ts";

/**
 * All that a stack makes is on its lab's machines, so the lab takes it down at once and the engine has no part in it:
 * the commands that its state keeps for that may be of a clone that was moved since.
 */
export function addDestroy(program: Command): void {
  program
    .command("destroy")
    .description("remove a stack and everything that it made; caches and passphrase stay")
    .argument("[stack]", "name of the stack", "lab")
    .action(async (stackName: string) => {
      const home = openHome();
      const stack = await openStack(home, stackName, configOf(home, stackName));
      for (const lab of await labsOf(stack)) {
        console.error(`${stackName}: removing the lab ${lab}, its machines with their disks`);
        await removeLab(lab);
      }
      await removeStack(home, stack);
      console.log(`${stackName}: nothing of it remains`);
    });
}

/** As it was when the stack came up, where it did: what has become of it since is no obstacle. */
function configOf(home: Home, stackName: string): string {
  const placed = placedFile(home.work, stackName);
  return existsSync(placed) ? placed : stackFile(stackName);
}
