import type { HostReport } from "./hostReport.ts";
import type { StackOutputs } from "./outputs.ts";
import { type HostStatus, holdersOf } from "./status.ts";
import { deliveredBundles, strayReason } from "./stray.ts";

/**
 * Whether a stack is as it should be: each virtual address has one holder; every host answers and runs what the stack
 * delivered; daemons, servers and poolers are up. A file edited by hand and a daemon that was started again are told
 * to whoever reads the status, and are no fault by themselves.
 */
export function isGood(
  outputs: Pick<StackOutputs, "pairs" | "internet">,
  hosts: readonly HostStatus[],
): boolean {
  const delivered = deliveredBundles(outputs);
  return (
    Object.values(outputs.pairs).every(
      ({ endpoints }) => holdersOf(hosts.filter(({ host }) => host in endpoints)).length === 1,
    ) && hosts.every(({ host, report }) => report !== undefined && hostIsGood(report, delivered[host]))
  );
}

function hostIsGood(report: HostReport, delivered: string | undefined): boolean {
  const { units, node, pool } = report;
  return (
    strayReason(report, delivered) === undefined &&
    units.every(({ active }) => active === "active") &&
    (!node || (node.haproxy !== null && node.servers.every(({ state }) => state === "UP"))) &&
    (!pool || (pool.postgres && pool.poolers.every(({ reachable }) => reachable)))
  );
}
