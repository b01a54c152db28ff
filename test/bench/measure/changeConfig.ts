import { Failure } from "../../../cli/failure.ts";
import { hostStatuses } from "../../../cli/status.ts";
import type { BenchProject } from "../benchProject.ts";

let maxConnections = 4000;

/**
 * Changes one setting of HAProxy and brings it to the nodes.
 * @returns time from the start of the command until it ended, by when the change is live on every node, s
 * @throws Failure where a node does not run what the stack says
 */
export async function changeConfig(project: BenchProject): Promise<number> {
  maxConnections += 1;
  project.configure({ maxConnections });
  const { seconds } = await project.command("up");
  const { ssh, pairs, internet } = await project.outputs();
  const bundles = Object.assign(
    { internet: internet?.bundle },
    ...Object.values(pairs).map((pair) => pair.bundles),
  );
  for (const { host, report, trouble } of await hostStatuses(ssh)) {
    if (report?.bundle.live !== bundles[host])
      throw new Failure(
        `after an up ${host} runs ${report?.bundle.live ?? trouble}, and not ${bundles[host]}`,
      );
  }
  return seconds;
}
