import { rmSync } from "node:fs";
import { dirname } from "node:path";
import type { System } from "../host/system.ts";
import { readBefore } from "../store/before.ts";
import { syncFolder } from "../store/durable.ts";
import type { Layout } from "../store/layout.ts";
import { reloadUfw } from "./firewall.ts";
import { removeAccounts, restoreKernel } from "./machine.ts";
import { attemptInto, removeMade } from "./restored.ts";
import { stopTriggers } from "./units.ts";

/**
 * Ends the record of a host whose first bundle was rolled back, once its files and units are as before: restores the rest
 * as a give-back does, so that the next apply keeps what the host has then. Resolves to the troubles, with which the record
 * stays.
 */
export async function undoFirst(host: System, layout: Layout): Promise<readonly string[]> {
  const before = readBefore(layout);
  const troubles: string[] = [];
  const attempt = attemptInto(troubles, layout.store);
  await removeMade(host, layout, before, attempt);
  await restoreKernel(host, before.kernel, attempt);
  await removeAccounts(host, before, attempt);
  await attempt(() => reloadUfw(host, before));
  await stopTriggers(host, before, attempt);
  if (troubles.length > 0) return troubles;
  rmSync(dirname(layout.before), { recursive: true, force: true });
  syncFolder(layout.store);
  host.reached("the record of what was before is removed");
  return [];
}
