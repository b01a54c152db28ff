import type { Command } from "commander";
import { topologyOf } from "../config/checkedConfig.ts";
import { namedHosts } from "../config/namedHosts.ts";
import { shippedStack } from "../config/stackConfig.ts";
import { openStack } from "../engine/openStack.ts";
import { rollOut, summarise } from "../rollOut.ts";
import { openHome } from "../session/home.ts";

export function addUp(program: Command): void {
  program
    .command("up")
    .description("roll out what a stack's config says; does nothing where nothing has changed")
    .argument("[stack]", "name of the stack", shippedStack)
    .option("--without <host...>", "leave hosts as they are, such as one that does not answer")
    .option("--json", "print what was done as JSON")
    .action(async (stackName: string, { json, without = [] }: { json?: boolean; without?: string[] }) => {
      const topology = topologyOf(stackName);
      const left = namedHosts(topology, without);
      const changes = await rollOut(openStack(openHome(), stackName), topology, left);
      console.log(
        json ? JSON.stringify({ stack: stackName, changes }) : `${stackName}: ${summarise(changes)}`,
      );
    });
}
