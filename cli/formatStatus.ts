import type { PairOutputs } from "./outputs.ts";
import type { HostStatus } from "./status.ts";
export function formatStatus(
  _pairs: Readonly<Record<string, PairOutputs>>,
  hosts: readonly HostStatus[],
): string {
  return JSON.stringify(hosts, null, 2);
}
