import type { Command } from "commander";
import { openHome } from "../home.ts";
import { formatHostChange } from "../hostChange.ts";
import { openStack } from "../openStack.ts";
import { previewStack } from "../previewStack.ts";
import { summarise, topologyOf } from "../up.ts";

export function addPreview(program: Command): void {
  program
    .command("preview")
    .description("say for every host which files would change, with their diff against what is applied")
    .argument("[stack]", "name of the stack", "lab")
    .option("--json", "print the changes as JSON")
    .action(async (stackName: string, { json }: { json?: boolean }) => {
      topologyOf(stackName);
      const { hosts, changes } = await previewStack(await openStack(openHome(), stackName));
      if (json) {
        console.log(JSON.stringify({ stack: stackName, changes, hosts }));
        return;
      }
      for (const host of hosts) console.log(formatHostChange(host));
      console.log(`${stackName}, not done yet: ${summarise(changes)}`);
    });
}
