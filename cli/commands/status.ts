import type { Command } from "commander";
import { formatStatus } from "../formatStatus.ts";
import { openHome } from "../home.ts";
import { outputsOf } from "../outputs.ts";
import { hostStatuses } from "../status.ts";

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("ask every host: holder, daemons, servers, pool, bundle")
    .argument("[stack]", "name of the stack", "lab")
    .option("--json", "print what the hosts say as JSON")
    .action(async (stackName: string, { json }: { json?: boolean }) => {
      const { pairs, ssh } = await outputsOf(openHome(), stackName);
      const hosts = await hostStatuses(ssh);
      console.log(json ? JSON.stringify({ stack: stackName, hosts }) : formatStatus(pairs, hosts));
      if (hosts.some(({ report }) => report === undefined)) process.exitCode = 1;
    });
}
