import { mkdirSync, readdirSync, readlinkSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { type BundleFile, linkTarget, UnitName, unitFileOf } from "../../contract/bundle.ts";
import { badInput } from "../errors.ts";
import type { System } from "../host/system.ts";
import { keepFiles, readBefore, restoreFiles, writeBefore } from "./before.ts";
import { replaceLink, syncFolder } from "./durable.ts";
import { lookAt, statsOf } from "./found.ts";
import { isOurs, type Layout } from "./layout.ts";

/** Refuses paths at which the host has something that a rename cannot replace, or a file where a folder must be. */
export function refuseUnlinkable(layout: Layout, paths: readonly string[]): void {
  for (const path of paths) {
    refuseFileAbove(layout, path);
    if (lookAt(join(layout.root, path)).kind === "other") {
      throw badInput(`/${path} is a folder or a device on this host: move it away and apply again`);
    }
  }
}

/** A link of the agent's own counts as a file: through it, a link would be made inside the live bundle. */
function refuseFileAbove(layout: Layout, path: string): void {
  const names = path.split("/");
  for (let depth = 1; depth < names.length; depth++) {
    const parent = names.slice(0, depth).join("/");
    const at = join(layout.root, parent);
    if (statsOf(at) === undefined) return;
    if (!isOurs(lookAt(at), parent) && statSync(at, { throwIfNoEntry: false })?.isDirectory()) continue;
    throw badInput(
      `/${parent} is no folder on this host, but the bundle has /${path} below it: move /${parent} away and apply again`,
    );
  }
}

/**
 * Makes every live path a link to `current`, and restores what was there before at paths that are no longer wanted. What is
 * at a path is kept before it is first replaced.
 */
export function relink(
  host: System,
  layout: Layout,
  wanted: readonly string[],
  dropped: readonly string[],
): void {
  const before = readBefore(layout);
  const kept = keepFiles(host, layout, before, wanted);
  if (kept !== before) writeBefore(layout, kept);
  for (const path of wanted) {
    const live = join(layout.root, path);
    if (isOurs(lookAt(live), path)) continue;
    mkdirSync(dirname(live), { recursive: true, mode: 0o755 });
    replaceLink(live, linkTarget(path));
    host.reached(`linked ${path}`);
  }
  restoreFiles(host, layout, dropped);
}

// `systemctl enable` follows the live path's link and would tie a unit whose file comes with the bundle to one bundle's
// folder for good: such units get their `.wants` links from here.
const unitFolder = "etc/systemd/system";

/** Whether a unit's file comes with the bundle. */
export function isOwn(unit: string, files: readonly BundleFile[]): boolean {
  return unitFile(unit, files) !== undefined;
}

/** The links that such a unit's `[Install]` asks for and that are missing on the host. */
export function missingLinks(root: string, unit: string, files: readonly BundleFile[]): readonly string[] {
  const text = unitFile(unit, files)?.text ?? "";
  return [...text.matchAll(/^WantedBy=(.*)$/gm)]
    .flatMap(([, targets = ""]) => targets.trim().split(/\s+/))
    .filter((target) => UnitName.safeParse(target).success)
    .map((target) => join(root, unitFolder, `${target}.wants`, unit))
    .filter((path) => statsOf(path) === undefined);
}

/** Enables such a unit. */
export function linkUnit(root: string, unit: string, files: readonly BundleFile[]): void {
  const file = unitFile(unit, files);
  if (file === undefined) return;
  for (const path of missingLinks(root, unit, files)) {
    mkdirSync(dirname(path), { recursive: true });
    replaceLink(path, `/${file.path}`);
  }
}

/** Removes a unit's links that were made here, if there are any; those of the distribution's units point below /usr. */
export function unlinkUnit(root: string, unit: string): boolean {
  const folder = join(root, unitFolder);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return false;
  const links = readdirSync(folder)
    .filter((name) => name.endsWith(".wants"))
    .map((name) => join(folder, name, unit))
    .filter((path) => statsOf(path)?.isSymbolicLink() && readlinkSync(path).startsWith(`/${unitFolder}/`));
  for (const path of links) {
    rmSync(path);
    syncFolder(dirname(path));
  }
  return links.length > 0;
}

function unitFile(unit: string, files: readonly BundleFile[]): BundleFile | undefined {
  const template = unitFileOf(unit);
  return [unit, template]
    .map((name) => files.find(({ path }) => path === `${unitFolder}/${name}`))
    .find(Boolean);
}
