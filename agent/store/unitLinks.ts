import { mkdirSync, readdirSync, readlinkSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { BundleFile } from "../../contract/bundle.ts";
import { replaceLink, syncFolder } from "./durable.ts";
import { statsOf } from "./found.ts";

/**
 * Enablement of units whose unit file comes with the bundle. `systemctl enable` follows the live path's link and
 * would tie the unit to one bundle's folder for good; so these get their `.wants` links from here.
 */

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
    .filter((target) => target !== "")
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
  const template = unit.replace(/@.*\./, "@.");
  return [unit, template]
    .map((name) => files.find(({ path }) => path === `${unitFolder}/${name}`))
    .find(Boolean);
}
