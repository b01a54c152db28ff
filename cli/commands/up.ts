import type { Command } from "commander";
import { topologyOf } from "../config/checkedConfig.ts";
import { shippedStack } from "../config/stackConfig.ts";
import { openStack } from "../engine/openStack.ts";
import { rollOut, summarise } from "../rollOut.ts";
import { openHome } from "../session/home.ts";

export function addUp(program: Command): void {
  program
    .command("up")
    .description("roll out what a stack's config says; does nothing where nothing has changed")
    .argument("[stack]", "name of the stack", shippedStack)
    .option("--json", "print what was done as JSON")
    .action(async (stackName: string, { json }: { json?: boolean }) => {
      const topology = topologyOf(stackName);
      const changes = await rollOut(openStack(openHome(), stackName), topology);
      console.log(
        json ? JSON.stringify({ stack: stackName, changes }) : `${stackName}: ${summarise(changes)}`,
      );
    });
}
