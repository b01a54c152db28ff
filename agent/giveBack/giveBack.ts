import { readdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { programPath } from "../../contract/bundle.ts";
import type { System } from "../host/system.ts";
import { type Before, keepFiles, readBefore, writeBefore } from "../store/before.ts";
import { syncFolder } from "../store/durable.ts";
import { statsOf } from "../store/found.ts";
import { currentSha, type Layout, layoutOf, swapTo } from "../store/layout.ts";
import { clearPending } from "../store/records.ts";
import { liveBundle } from "../store/stage.ts";
import { removeAccounts, restoreKernel } from "./machine.ts";
import { refuseUnrestorable } from "./preflight.ts";
import { attemptInto, removeMade, restoreAll } from "./restored.ts";
import { keepalivedUnit, restoreEnablement, startUnits, stopUnits } from "./units.ts";

/** The result of giving a host back. */
export interface GivenBack {
  /** `stuck`: everything is restored but for the troubles; the record of it stays, so that it can be repeated. */
  readonly outcome: "given back" | "nothing" | "stuck";
  /** Paths that have their earlier file again, and those at which nothing is again, relative to `/`. */
  readonly restored: readonly string[];
  readonly removed: readonly string[];
  readonly stopped: readonly string[];
  readonly started: readonly string[];
  readonly troubles: readonly string[];
}

/**
 * Makes the host what it was before its first bundle. Each step can be repeated, and the record of what was there goes
 * last: after a kill at any moment, another run ends the same. The caller holds the host's lock. Throws a Failure before
 * it stops anything where files could not be restored; after that, whatever fails is a trouble, and the steps after it,
 * which start the host's own daemons and firewall, are taken all the same.
 */
export async function giveBack(host: System): Promise<GivenBack> {
  const layout = layoutOf(host.root);
  const before = wholeRecord(host, layout);
  const isTaken = statsOf(layout.before) !== undefined;
  if (before.givingBack === undefined) refuseUnrestorable(layout, before);
  const troubles: string[] = [];
  const attempt = attemptInto(troubles, layout.store);

  const paths = Object.keys(before.files);
  let progress = before.givingBack ?? { restored: false, started: [] };
  // No socket starts keepalived: on a repeat it runs because a person has started what was left stopped.
  const already = progress.restored ? [...progress.started, keepalivedUnit] : [];
  const stopped = progress.restored ? [] : await restoreFilesAndUnits();
  await restoreKernel(host, before.kernel, attempt);
  await removeAccounts(host, before, attempt);
  host.reached("accounts removed");
  const started: string[] = [];
  await startUnits(host, layout, before, already, attempt, (unit) => {
    started.push(unit);
    if (progress.restored) remember({ restored: true, started: [...progress.started, unit] });
  });
  host.reached("started");

  const of = (state: Before["files"][string]) => paths.filter((path) => before.files[path] === state);
  const report = { restored: of("copy"), removed: of("absent"), stopped, started, troubles };
  if (troubles.length > 0) return { ...report, outcome: "stuck" };
  removeStore(host, layout);
  return { ...report, outcome: isTaken ? "given back" : "nothing" };

  function remember(next: NonNullable<Before["givingBack"]>): void {
    progress = next;
    if (isTaken) writeBefore(layout, { ...before, givingBack: next });
  }

  async function restoreFilesAndUnits(): Promise<readonly string[]> {
    await attempt(() => remember({ restored: false, started: [] }));
    host.reached("begun");
    const stopped = await stopUnits(host, before, attempt);
    host.reached("stopped");
    const failed = troubles.length;
    if (paths.length > 0) host.progress("restoring files");
    await restoreAll(host, layout, before, attempt);
    await restoreEnablement(host, layout, before, attempt);
    await removeMade(host, layout, before, attempt);
    if (troubles.length === failed) await attempt(() => remember({ restored: true, started: [] }));
    host.reached("restored");
    return stopped;
  }
}

/** The record. A program without one has kept files alone; then the units of its bundle count as its own. */
function wholeRecord(host: System, layout: Layout): Before {
  const before = readBefore(layout);
  const live = statsOf(layout.before) ? undefined : liveBundle(layout, currentSha(layout), host.name)?.bundle;
  if (live === undefined) return before;
  const units = Object.fromEntries(live.units.enabled.map((unit) => [unit, { active: false, links: {} }]));
  const paths = live.files.map(({ path }) => path);
  const whole = keepFiles(host, layout, { ...before, units }, paths);
  writeBefore(layout, whole);
  return whole;
}

/** Removes the store, the record last, and then the program. */
function removeStore(host: System, layout: Layout): void {
  host.progress("removing hapair");
  const record = dirname(layout.before);
  // First what says that a bundle is live: an apply after a kill begins anew.
  clearPending(layout);
  swapTo(layout, undefined);
  host.reached("no bundle is live");
  for (const name of readdirSync(layout.store)) {
    const path = join(layout.store, name);
    // Who waits for the lock still finds it.
    if (path === record || path === layout.lock) continue;
    rmSync(path, { recursive: true, force: true });
    host.reached(`removed ${path}`);
  }
  syncFolder(layout.store);
  rmSync(layout.before, { force: true });
  host.reached(`removed ${layout.before}`);
  rmSync(layout.store, { recursive: true, force: true });
  syncFolder(dirname(layout.store));
  host.reached(`removed ${layout.store}`);
  rmSync(join(layout.root, programPath), { force: true });
}
