import { mkdirSync, readdirSync, readlinkSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { storePath } from "../../contract/bundle.ts";
import { replaceLink, syncFolder } from "../store/durable.ts";
import { statsOf } from "../store/found.ts";

const units = "etc/systemd/system";

type Links = Readonly<Record<string, string>>;

/**
 * Every symbolic link below /etc that enables, masks or names a unit, with its text: in `.wants` and `.requires` folders,
 * beside the unit files, and of the service's old start script, which `systemctl enable` keeps in step.
 */
export function unitLinks(root: string, unit: string): Links {
  const dependants = namesIn(join(root, units)).filter(isDependants);
  const levels = namesIn(join(root, "etc")).filter((name) => /^rc[0-6S]\.d$/.test(name));
  const script = unit.replace(/\.service$/, "");
  const links: Record<string, string> = {};
  const look = (folder: string, belongs: (name: string, target: string) => boolean): void => {
    for (const name of namesIn(join(root, folder))) {
      const path = `${folder}/${name}`;
      if (!statsOf(join(root, path))?.isSymbolicLink()) continue;
      const target = readlinkSync(join(root, path));
      if (belongs(name, target)) links[path] = target;
    }
  };
  // A unit file that a bundle has is a link as well, but to the store.
  look(units, (name, target) =>
    name === unit ? !target.startsWith(`/${storePath}/`) : basename(target) === unit,
  );
  for (const folder of dependants) look(`${units}/${folder}`, (name) => name === unit);
  for (const folder of levels)
    look(`etc/${folder}`, (name) => /^[SK]\d\d/.test(name) && name.slice(3) === script);
  return links;
}

/** Makes a unit's links those that it had. Can be repeated. */
export function restoreUnitLinks(root: string, unit: string, wanted: Links): void {
  const found = unitLinks(root, unit);
  // What a killed run left of a replacement.
  for (const folder of namesIn(join(root, units)).filter(isDependants))
    rmSync(join(root, units, folder, `${unit}.hapair-new`), { force: true });
  for (const [path, target] of Object.entries(wanted)) {
    if (found[path] === target) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    replaceLink(join(root, path), target);
  }
  for (const path of Object.keys(found).filter((path) => wanted[path] === undefined)) {
    rmSync(join(root, path), { force: true });
    syncFolder(dirname(join(root, path)));
  }
}

function isDependants(name: string): boolean {
  return /\.(?:wants|requires|upholds)$/.test(name);
}

function namesIn(folder: string): readonly string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder) : [];
}
