import { readdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "../../base/failure.ts";
import { isFileError } from "../../base/fileErrors.ts";
import { programPath } from "../../contract/bundle.ts";
import type { System } from "../host/system.ts";
import { type Before, keepFiles, readBefore, restoreFile, writeBefore } from "../store/before.ts";
import { syncFolder } from "../store/durable.ts";
import { statsOf } from "../store/found.ts";
import { currentSha, type Layout, layoutOf, swapTo } from "../store/layout.ts";
import { clearPending } from "../store/records.ts";
import { liveBundle } from "../store/stage.ts";
import { removeAccounts, restoreKernel } from "./machine.ts";
import { restoreEnablement, startUnits, stopUnits } from "./units.ts";

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
 * last: after a kill at any moment, another run ends the same. The caller holds the host's lock. Throws where a file
 * cannot be written.
 */
export async function giveBack(host: System): Promise<GivenBack> {
  const layout = layoutOf(host.root);
  const before = wholeRecord(host, layout);
  const paths = Object.keys(before.files);
  const troubles: string[] = [];
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (isFileError(error)) throw error;
      troubles.push(messageOf(error));
    }
  };

  const stopped = await stopUnits(host, before, attempt);
  host.reached("stopped");
  if (paths.length > 0) host.progress("restoring files");
  for (const path of paths) {
    restoreFile(layout, before, path);
    host.reached(`restored ${path}`);
  }
  await attempt(() => restoreEnablement(host, layout));
  removeMade(host, layout, before);
  await restoreKernel(host, before.kernel, attempt);
  await removeAccounts(host, before, attempt);
  host.reached("accounts removed");
  const started = await startUnits(host, before, attempt);
  host.reached("started");

  const of = (state: Before["files"][string]) => paths.filter((path) => before.files[path] === state);
  const report = { restored: of("copy"), removed: of("absent"), stopped, started, troubles };
  if (troubles.length > 0) return { ...report, outcome: "stuck" };
  removeStore(host, layout);
  return { ...report, outcome: paths.length > 0 ? "given back" : "nothing" };
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

/** Removes what systemd and the daemons have made, and the folders that are empty without it. */
function removeMade(host: System, { root }: Layout, { made, folders }: Before): void {
  const missing = (entries: Readonly<Record<string, boolean>>): string[] =>
    Object.keys(entries)
      .filter((path) => entries[path] === false)
      .map((path) => join(root, path));
  for (const path of missing(made)) {
    rmSync(path, { recursive: true, force: true });
    host.reached(`removed ${path}`);
  }
  // The innermost first.
  for (const path of missing(folders).sort().reverse()) {
    if (!statsOf(path)?.isDirectory() || readdirSync(path).length > 0) continue;
    rmdirSync(path);
    syncFolder(dirname(path));
    host.reached(`removed ${path}`);
  }
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
