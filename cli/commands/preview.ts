import type { Command } from "commander";
import { askHosts } from "../askHosts.ts";
import { openHome } from "../home.ts";
import { formatHostChange } from "../hostChange.ts";
import { openStack } from "../openStack.ts";
import { previewStack } from "../previewStack.ts";
import { formatStray, straysOf } from "../stray.ts";
import { summarise, topologyOf } from "../up.ts";

export function addPreview(program: Command): void {
  program
    .command("preview")
    .description("say for every host which files would change, with their diff against what is applied")
    .argument("[stack]", "name of the stack", "lab")
    .option("--json", "print the changes as JSON")
    .action(async (stackName: string, { json }: { json?: boolean }) => {
      topologyOf(stackName);
      const home = openHome();
      const stack = await openStack(home, stackName);
      const [{ hosts, changes }, asked] = await Promise.all([previewStack(stack), askHosts(home, stackName)]);
      const strays = straysOf(asked.hosts, asked.delivered);
      if (json) {
        console.log(JSON.stringify({ stack: stackName, changes, hosts, strays }));
        return;
      }
      for (const host of hosts) console.log(formatHostChange(host));
      for (const stray of strays) console.log(formatStray(stray));
      console.log(`${stackName}, not done yet: ${summarise(changes)}`);
    });
}
