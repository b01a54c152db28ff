import type { System } from "../host/system.ts";
import { lastWords, unitStates } from "../host/systemctl.ts";
import { type Before, readBefore } from "../store/before.ts";
import type { Layout } from "../store/layout.ts";
import { reloadUfw, unloadUfw } from "./firewall.ts";
import type { Attempt } from "./machine.ts";
import { restoreUnitLinks } from "./unitLinks.ts";

const keepalived = "keepalived.service";
/** PostgreSQL ends its clients' transactions first. */
const stopMs = 120_000;

/**
 * Stops every unit that bundles have run, and unloads the firewall: nothing may run on files that change. The virtual
 * address goes first, while this node still serves: its peer takes it within one advert.
 */
export async function stopUnits(host: System, before: Before, attempt: Attempt): Promise<readonly string[]> {
  const units = stopOrder(Object.keys(before.units));
  const states = await unitStates(host, units);
  const running = units.filter((_, at) => !["inactive", "failed"].includes(states[at]?.active ?? ""));
  for (const unit of running) {
    host.progress(unit === keepalived ? "releasing the virtual address" : `stopping ${unit}`);
    await attempt(() => systemctl(host, "stop", unit));
    host.reached(`stopped ${unit}`);
  }
  if (before.firewall !== undefined) await attempt(() => unloadUfw(host));
  if (units.length > 0) await host.run("systemctl", ["reset-failed", ...units]);
  return running;
}

/** keepalived, then the others against the order in which they were started. */
function stopOrder(units: readonly string[]): readonly string[] {
  const others = units.filter((unit) => unit !== keepalived).reverse();
  return units.includes(keepalived) ? [keepalived, ...others] : others;
}

/** Enables, disables and masks units as they were. */
export async function restoreEnablement(host: System, layout: Layout): Promise<void> {
  const { units } = readBefore(layout);
  for (const [unit, { links }] of Object.entries(units)) {
    restoreUnitLinks(layout.root, unit, links);
    host.reached(`restored the links of ${unit}`);
  }
  if (Object.keys(units).length > 0) await systemctl(host, "daemon-reload");
}

/** Starts every unit that ran before, in the order of the bundles. */
export async function startUnits(host: System, before: Before, attempt: Attempt): Promise<readonly string[]> {
  const units = Object.keys(before.units).filter((unit) => before.units[unit]?.active);
  for (const unit of units) {
    host.progress(`starting ${unit}`);
    await attempt(async () => {
      try {
        await systemctl(host, "start", unit);
      } catch (error) {
        throw new Error(`${error instanceof Error ? error.message : error}\n${await lastWords(host, unit)}`);
      }
    });
    host.reached(`started ${unit}`);
  }
  await attempt(() => reloadUfw(host, before.firewall));
  return units;
}

async function systemctl(host: System, ...args: readonly string[]): Promise<void> {
  const { status, stderr } = await host.run("systemctl", args, { timeoutMs: stopMs });
  if (status !== 0) throw new Error(`systemctl ${args.join(" ")}: ${stderr.trim()}`);
}
