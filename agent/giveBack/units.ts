import { otherFirewalls } from "../../contract/ownership/names.ts";
import { mustRun } from "../host/mustRun.ts";
import type { System } from "../host/system.ts";
import { moveUnit, notStopped } from "../host/systemctl.ts";
import type { Before } from "../store/before.ts";
import type { Layout } from "../store/layout.ts";
import { reloadUfw, unloadUfw } from "./firewall.ts";
import type { Attempt } from "./restored.ts";
import { restoreUnitLinks } from "./unitLinks.ts";
import { addressProblem } from "./virtualAddress.ts";

export const keepalivedUnit = "keepalived.service";
const firewalls = ["ufw", ...otherFirewalls].map((name) => `${name}.service`);
/** PostgreSQL ends its clients' transactions first. */
const stopMs = 120_000;

/**
 * Stops every unit that bundles have run, and unloads the firewall: nothing may run on files that change. The virtual
 * address goes first, while this node still serves: its peer takes it within one advert.
 */
export async function stopUnits(host: System, before: Before, attempt: Attempt): Promise<readonly string[]> {
  const units = stopOrder(Object.keys(before.units));
  const running = await notStopped(host, units);
  await stopTriggers(host, before, attempt);
  for (const unit of running) {
    host.progress(unit === keepalivedUnit ? "releasing the virtual address" : `stopping ${unit}`);
    await attempt(() => stop(host, unit));
    host.reached(`stopped ${unit}`);
  }
  await attempt(() => unloadUfw(host, before));
  if (units.length > 0) await host.run("systemctl", ["reset-failed", ...units]);
  return running;
}

/** Stops sockets and timers that did not run before: they would start a unit again. */
export async function stopTriggers(host: System, { triggers }: Before, attempt: Attempt): Promise<void> {
  const added = Object.keys(triggers).filter((unit) => !triggers[unit]);
  for (const unit of await notStopped(host, added)) await attempt(() => stop(host, unit));
}

/** keepalived, then the others against the order in which they were started. */
function stopOrder(units: readonly string[]): readonly string[] {
  const others = units.filter((unit) => unit !== keepalivedUnit).reverse();
  return units.includes(keepalivedUnit) ? [keepalivedUnit, ...others] : others;
}

/** Enables, disables and masks units as they were. */
export async function restoreEnablement(
  host: System,
  layout: Layout,
  { units }: Before,
  attempt: Attempt,
): Promise<void> {
  for (const [unit, { links }] of Object.entries(units)) {
    await attempt(() => restoreUnitLinks(layout.root, unit, links));
    host.reached(`restored the links of ${unit}`);
  }
  if (Object.keys(units).length > 0) await attempt(() => mustRun(host, "systemctl", ["daemon-reload"]));
}

/**
 * Starts every unit that ran before: the firewall, then the others in the order of the bundles. A unit that a socket or a
 * timer has started in between runs on files of a bundle: it is restarted, or stopped where it did not run before.
 * @param already units that an earlier run has started on the restored files
 * @param started is called for each that runs
 */
export async function startUnits(
  host: System,
  layout: Layout,
  before: Before,
  already: readonly string[],
  attempt: Attempt,
  started: (unit: string) => void,
): Promise<void> {
  const units = Object.keys(before.units);
  const wanted = units.filter((unit) => before.units[unit]?.active);
  const running = await notStopped(host, units);
  const start = async (unit: string): Promise<void> => {
    if (already.includes(unit) && running.includes(unit)) return;
    host.progress(`starting ${unit}`);
    await attempt(async () => {
      // A person has started what an earlier run left stopped for this.
      const problem =
        unit === keepalivedUnit && !running.includes(unit) ? await addressProblem(host, layout) : undefined;
      if (problem !== undefined) throw new Error(problem);
      await moveUnit(host, "restart", unit);
      started(unit);
    });
    host.reached(`started ${unit}`);
  };
  for (const unit of wanted.filter((unit) => firewalls.includes(unit))) await start(unit);
  await attempt(() => reloadUfw(host, before));
  for (const unit of wanted.filter((unit) => !firewalls.includes(unit))) await start(unit);
  for (const unit of running.filter((unit) => !wanted.includes(unit))) {
    await attempt(() => stop(host, unit));
    host.reached(`stopped ${unit} again`);
  }
}

function stop(host: System, unit: string): Promise<string> {
  return mustRun(host, "systemctl", ["stop", unit], { timeoutMs: stopMs });
}
