import type { Command } from "commander";
import { exitStatus } from "../../base/failure.ts";
import { shippedStack } from "../config/stackConfig.ts";
import { outputsOf } from "../engine/outputs.ts";
import { hostStatuses } from "../hosts/ask.ts";
import { deliveredBundles, isGood } from "../hosts/drift.ts";
import { formatStatus } from "../hosts/formatStatus.ts";
import { openHome } from "../session/home.ts";

export function addStatus(program: Command): void {
  program
    .command("status")
    .description(
      "ask every host: holder, daemons, servers, pool, bundle; exit status 1 where something is wrong",
    )
    .argument("[stack]", "name of the stack", shippedStack)
    .option("--json", "print the hosts' reports as JSON")
    .action(async (stackName: string, { json }: { json?: boolean }) => {
      const outputs = await outputsOf(openHome(), stackName);
      const hosts = await hostStatuses(outputs.ssh);
      const good = isGood(outputs, hosts);
      console.log(
        json
          ? JSON.stringify({ stack: stackName, good, delivered: deliveredBundles(outputs), hosts })
          : formatStatus(outputs, hosts),
      );
      if (!good) process.exitCode = exitStatus.failed;
    });
}
