import type { Home } from "./home.ts";
import { outputsOf } from "./outputs.ts";
import { type HostStatus, hostStatuses } from "./status.ts";
import { deliveredBundles } from "./stray.ts";

/** What the hosts of a stack say, beside what it has delivered to them; no hosts where it has never been up. */
export async function askHosts(
  home: Home,
  stackName: string,
): Promise<{
  readonly hosts: readonly HostStatus[];
  readonly delivered: Readonly<Record<string, string>>;
}> {
  const outputs = await outputsOf(home, stackName).catch(() => undefined);
  if (!outputs) return { hosts: [], delivered: {} };
  return { hosts: await hostStatuses(outputs.ssh), delivered: deliveredBundles(outputs) };
}
