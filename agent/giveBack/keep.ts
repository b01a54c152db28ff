import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type BundleFile, UnitName, unitFileOf } from "../../contract/bundle.ts";
import type { System } from "../host/system.ts";
import { notStopped, runs, triggersOf, unitStates } from "../host/systemctl.ts";
import { accountIds } from "../store/accounts.ts";
import { type Before, keepFiles, readBefore, takenBefore, writeBefore } from "../store/before.ts";
import { statsOf } from "../store/found.ts";
import type { Layout } from "../store/layout.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { declaredBy } from "./declared.ts";
import { lookAtFirewall } from "./firewall.ts";
import { unitLinks } from "./unitLinks.ts";

/**
 * Keeps what the host has at everything that a bundle takes over and that no bundle before it took. On disk when this
 * resolves; until then nothing of it may be changed.
 */
export async function keepBefore(
  host: System,
  layout: Layout,
  { bundle, config }: KnownBundle,
): Promise<void> {
  const { root } = layout;
  const { files, units } = bundle;
  const recorded = readBefore(layout);
  const before = takenBefore(recorded);
  const declared = declaredBy(files, config);
  const exists = (path: string): boolean => statsOf(join(root, path)) !== undefined;
  const users = accountIds(root, "passwd");
  const groups = accountIds(root, "group");
  const named = [...units.enabled, ...units.disabled];
  const next: Before = {
    ...before,
    folders: added(before.folders, foldersOf(files, unitFiles(root, named)), exists),
    made: added(before.made, declared.paths, exists),
    users: added(before.users, declared.users, (name) => users.has(name)),
    groups: added(before.groups, declared.groups, (name) => groups.has(name)),
    kernel: added(before.kernel, declared.kernel, (path) => settingAt(join(root, "proc/sys", path))),
    units: await withUnits(host, before.units, named),
    triggers: await withTriggers(host, before.triggers, named),
  };
  if (next.firewall === undefined && files.some(({ path }) => path.startsWith("etc/ufw/")))
    Object.assign(next, await lookAtFirewall(host));
  const whole = keepFiles(
    host,
    layout,
    next,
    files.map(({ path }) => path),
  );
  host.reached("kept what was before");
  if (JSON.stringify(whole) !== JSON.stringify(recorded)) writeBefore(layout, whole);
}

/** The entries, and one for each further key. */
function added<Value>(
  entries: Readonly<Record<string, Value>>,
  keys: readonly string[],
  look: (key: string) => Value,
): Record<string, Value> {
  const missing = keys.filter((key) => !Object.hasOwn(entries, key));
  return { ...entries, ...Object.fromEntries(missing.map((key) => [key, look(key)])) };
}

async function withUnits(
  host: System,
  entries: Before["units"],
  units: readonly string[],
): Promise<Before["units"]> {
  const missing = units.filter((unit) => !Object.hasOwn(entries, unit));
  const states = await unitStates(host, missing);
  return added(entries, missing, (unit) => ({
    active: runs(states[missing.indexOf(unit)]),
    links: unitLinks(host.root, unit),
  }));
}

/** A trigger that is a unit of the bundle is kept as such. */
async function withTriggers(
  host: System,
  entries: Before["triggers"],
  units: readonly string[],
): Promise<Before["triggers"]> {
  const others = (await triggersOf(host, units)).filter((unit) => !units.includes(unit));
  const running = await notStopped(host, others);
  return added(entries, others, (unit) => running.includes(unit));
}

/** Every folder above a file, and above the links with which a unit of the bundle is enabled; the outermost first. */
function foldersOf(files: readonly BundleFile[], packaged: readonly string[]): readonly string[] {
  const own = files.filter(({ path }) => path.startsWith("etc/systemd/system/")).map(({ text }) => text);
  const targets = [...own, ...packaged]
    .flatMap((text) => [...text.matchAll(/^(WantedBy|RequiredBy)=(.*)$/gm)])
    .flatMap(([, kind, names = ""]) =>
      names.split(/\s+/).map((name) => ({ name, kind: kind === "WantedBy" ? "wants" : "requires" })),
    )
    .filter(({ name }) => UnitName.safeParse(name).success);
  const links = targets.map(({ name, kind }) => `etc/systemd/system/${name}.${kind}/unit`);
  const folders = new Set<string>();
  for (const path of [...files.map((file) => file.path), ...links])
    for (let folder = dirname(path); folder !== "."; folder = dirname(folder)) folders.add(folder);
  return [...folders].sort();
}

/** Texts of the unit files that packages have installed for these units. */
function unitFiles(root: string, units: readonly string[]): readonly string[] {
  const names = new Set(units.map(unitFileOf));
  return [...names].flatMap((name) => {
    const path = join(root, "usr/lib/systemd/system", name);
    return statsOf(path)?.isFile() ? [readFileSync(path, "utf8")] : [];
  });
}

/** A kernel setting's text; null where it cannot be read, which some of a container's cannot. */
function settingAt(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}
