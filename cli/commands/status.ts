import type { Command } from "commander";
import { exitStatus } from "../../base/failure.ts";
import { shippedStack } from "../config/stackConfig.ts";
import { outputsOf } from "../engine/outputs.ts";
import { hostStatuses } from "../hosts/ask.ts";
import { deliveredBundles, type Verdict, verdictOf } from "../hosts/drift.ts";
import { formatStatus } from "../hosts/formatStatus.ts";
import { waysTo } from "../hosts/ways.ts";
import { openHome } from "../session/home.ts";

const exitStatuses: Readonly<Record<Verdict, number>> = {
  good: exitStatus.ok,
  wrong: exitStatus.failed,
  unknown: exitStatus.unknown,
};

export function addStatus(program: Command): void {
  program
    .command("status")
    .description(
      "ask every host: holder, daemons, servers, pool, bundle; exit status 1 where something is wrong or full, 3 where it is unknown",
    )
    .argument("[stack]", "name of the stack", shippedStack)
    .option("--json", "print the hosts' reports as JSON")
    .action(async (stackName: string, { json }: { json?: boolean }) => {
      const outputs = await outputsOf(openHome(), stackName);
      const hosts = await hostStatuses(waysTo(outputs));
      const verdict = verdictOf(outputs, hosts);
      const good = verdict === "good";
      console.log(
        json
          ? JSON.stringify({ stack: stackName, good, verdict, delivered: deliveredBundles(outputs), hosts })
          : formatStatus(outputs, hosts),
      );
      process.exitCode = exitStatuses[verdict];
    });
}
