import type { Command } from "commander";
import { Failure } from "../failure.ts";
import { openHome } from "../home.ts";
import { inOrder } from "../interruption.ts";
import { removeLab } from "../lab.ts";
import { openStack } from "../openStack.ts";
import { engineProgress } from "../progress.ts";
import { removeStack } from "../removeStack.ts";
import { engineReason, topologyOf } from "../up.ts";

export function addDestroy(program: Command): void {
  program
    .command("destroy")
    .description("remove a stack and everything that it made; caches and passphrase stay")
    .argument("[stack]", "name of the stack", "lab")
    .action(async (stackName: string) => {
      const topology = topologyOf(stackName);
      const home = openHome();
      const stack = await openStack(home, stackName);
      const progress = engineProgress(`${stackName}: destroy`);
      try {
        await inOrder((signal) => stack.destroy({ onEvent: progress.onEvent, signal }));
      } catch (error) {
        throw new Failure(engineReason(error));
      } finally {
        progress.end();
      }
      if (topology.target === "lab") await removeLab(topology.lab.name);
      await removeStack(home, stack);
      console.log(`${stackName}: nothing of it remains`);
    });
}
