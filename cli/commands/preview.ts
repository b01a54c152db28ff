import type { Command } from "commander";
import { exitStatus } from "../../base/failure.ts";
import { topologyOf } from "../config/checkedConfig.ts";
import { shippedStack } from "../config/stackConfig.ts";
import { previewStack } from "../engine/engineUp.ts";
import { formatHostChange } from "../engine/hostChange.ts";
import { openStack } from "../engine/openStack.ts";
import { outputsOf } from "../engine/outputs.ts";
import { type HostStatus, hostStatuses } from "../hosts/ask.ts";
import { deliveredBundles, driftsOf, formatDrift, unknownsOf } from "../hosts/drift.ts";
import { formatUnknown } from "../hosts/formatStatus.ts";
import { waysTo } from "../hosts/ways.ts";
import { summarise } from "../rollOut.ts";
import { type Home, openHome } from "../session/home.ts";

export function addPreview(program: Command): void {
  program
    .command("preview")
    .description(
      "print for every host which files would change, with the diff against what is applied; exit status 3 where a host does not say what it runs",
    )
    .argument("[stack]", "name of the stack", shippedStack)
    .option("--json", "print the changes as JSON")
    .action(async (stackName: string, { json }: { json?: boolean }) => {
      topologyOf(stackName);
      const home = openHome();
      const stack = await openStack(home, stackName);
      const [{ hosts, changes }, asked] = await Promise.all([previewStack(stack), askHosts(home, stackName)]);
      const drifts = driftsOf(asked.hosts, asked.delivered);
      const unknown = unknownsOf(asked.hosts);
      if (unknown.length > 0) process.exitCode = exitStatus.unknown;
      if (json) {
        console.log(JSON.stringify({ stack: stackName, changes, hosts, drifts, unknown }));
        return;
      }
      for (const host of hosts) console.log(formatHostChange(host));
      for (const drift of drifts) console.log(formatDrift(drift));
      for (const host of unknown) console.log(formatUnknown(host));
      console.log(`${stackName}, not done yet: ${summarise(changes)}`);
    });
}

/** What the hosts of a stack report, and what it has delivered to them; no hosts where it has never been up. */
async function askHosts(
  home: Home,
  stackName: string,
): Promise<{
  readonly hosts: readonly HostStatus[];
  readonly delivered: Readonly<Record<string, string>>;
}> {
  const outputs = await outputsOf(home, stackName).catch(() => undefined);
  if (!outputs) return { hosts: [], delivered: {} };
  return { hosts: await hostStatuses(waysTo(outputs)), delivered: deliveredBundles(outputs) };
}
