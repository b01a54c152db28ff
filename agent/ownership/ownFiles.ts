import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ServiceName } from "../../contract/ownership.ts";
import { unitFileOf } from "../host/systemctl.ts";
import { services } from "../services/services.ts";
import { lookAt, statsOf } from "../store/found.ts";
import { isOurs } from "../store/layout.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { isChanged, type PackageFiles } from "./defaults.ts";
import type { Finding } from "./finding.ts";

/** Files at the bundle's paths that a person has made or changed. */
export function ownFiles(
  root: string,
  packages: PackageFiles,
  known: KnownBundle,
  paths: readonly string[],
): readonly Finding[] {
  return known.bundle.files
    .filter(({ path, text }) => {
      const found = lookAt(join(root, path));
      if (found.kind === "file" && found.content.toString() === text) return false;
      return paths.includes(path) && isChanged(root, packages, path);
    })
    .map(({ path }) => ({
      service: serviceOf(path, known),
      found: `/${path} ${packages.has(path) ? "was changed since its package was installed" : "is somebody's own"}`,
      remedy: "move it away",
    }));
}

function serviceOf(path: string, { config }: KnownBundle): ServiceName {
  return services.find((service) => service.owns(path, config))?.name ?? "hapair";
}

/** What ufw loads besides the bundle's files; its `after.init` where it is executable. */
const besideRules = ["before.rules", "before6.rules", "after.rules", "after6.rules", "after.init"];

/** Settings and rules of ufw that decide before and after the bundle's, and that no bundle replaces. */
export function ownUfwRules(root: string, packages: PackageFiles): readonly Finding[] {
  const mode = statSync(join(root, "etc/ufw/after.init"), { throwIfNoEntry: false })?.mode ?? 0;
  const inUse = besideRules.filter((name) => name !== "after.init" || (mode & 0o111) !== 0);
  return ["etc/default/ufw", ...inUse.map((name) => `etc/ufw/${name}`)]
    .filter((path) => isChanged(root, packages, path))
    .map((path) => ({
      service: "ufw",
      found: `/${path} was changed since its package was installed`,
      remedy: "restore the package's file; taken over, it stays and decides beside hapair's rules",
    }));
}

/** Masks, unit files and drop-ins of somebody's own, of units that the bundle runs. */
export function ownUnitFiles(
  root: string,
  { bundle }: KnownBundle,
  units: readonly string[],
): readonly Finding[] {
  const declared = new Set(bundle.files.map(({ path }) => path));
  const isForeign = (path: string): boolean => !declared.has(path) && !isOurs(lookAt(join(root, path)), path);
  return units.flatMap((unit): Finding[] => {
    const service = services.find((one) => one.runs(unit))?.name ?? "systemd";
    const names = [...new Set([unit, unitFileOf(unit)])].map((name) => `etc/systemd/system/${name}`);
    const files = names.filter((path) => statsOf(join(root, path)) !== undefined && isForeign(path));
    const dropIns = names.flatMap((path) => dropInsIn(root, `${path}.d`)).filter(isForeign);
    return [
      ...files.map((path) => ({ service, ...unitFileFinding(root, path, unit) })),
      ...dropIns.map((path) => ({
        service,
        found: `/${path} changes ${unit}`,
        remedy: "move it away; taken over, it stays beside hapair's settings",
      })),
    ];
  });
}

function unitFileFinding(root: string, path: string, unit: string): Omit<Finding, "service"> {
  const found = lookAt(join(root, path));
  if (found.kind === "link" && found.target === "/dev/null")
    return {
      found: `/${path} masks ${unit}: somebody decided that it must not run`,
      remedy: `systemctl unmask ${unit}`,
    };
  return {
    found: `/${path} replaces the ${unit} of its package`,
    remedy: "move it away; taken over, it stays and decides how the daemon runs",
  };
}

function dropInsIn(root: string, folder: string): readonly string[] {
  if (!statSync(join(root, folder), { throwIfNoEntry: false })?.isDirectory()) return [];
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".conf"))
    .map((name) => `${folder}/${name}`);
}
