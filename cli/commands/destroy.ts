import { existsSync } from "node:fs";
import type { Command } from "commander";
import { refuseUnknown } from "../config/namedHosts.ts";
import { placedFile, shippedStack, stackFile } from "../config/stackConfig.ts";
import { hostsToGiveBack } from "../engine/hostResources.ts";
import { leftLocked, removeStack, storedStack } from "../engine/stackState.ts";
import { openHome } from "../session/home.ts";
import { removeMachines } from "../targets/targets.ts";

/**
 * All that a stack makes is on its machines, so its target removes those at once, without the engine: the commands that
 * its state keeps for their removal may name a clone that was moved since, and the passphrase may be lost.
 */
export function addDestroy(program: Command): void {
  program
    .command("destroy")
    .description(
      "remove a stack and everything that it made, or give its hosts back; caches and passphrase stay",
    )
    .argument("[stack]", "name of the stack", shippedStack)
    .option(
      "--without <host...>",
      "leave hosts as they are and forget them, such as one that is gone for good",
    )
    .action(async (stackName: string, { without = [] }: { without?: string[] }) => {
      const home = openHome();
      // Waits for an engine that still runs.
      await leftLocked(home, stackName);
      const resources = storedStack(home, stackName)?.resources ?? [];
      refuseUnknown(without, hostsToGiveBack(resources));
      await removeMachines({
        name: stackName,
        home,
        without,
        resources,
        // The config with which the stack came up, if it did: one that was broken since must not stop its removal.
        configFile: () => {
          const placed = placedFile(home.work, stackName);
          return existsSync(placed) ? placed : stackFile(stackName);
        },
      });
      removeStack(home, stackName);
      console.log(`${stackName}: removed`);
    });
}
