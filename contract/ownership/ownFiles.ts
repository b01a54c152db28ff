import { unitFileOf } from "../bundle.ts";
import type { Finding } from "./finding.ts";
import { type HostFiles, isChanged, isOwnLink } from "./hostFiles.ts";
import { ownerOf, runnerOf } from "./owners.ts";
import type { Taking } from "./ownershipFacts.ts";

/** Files at the bundle's paths that a person has made or changed. */
export function ownFiles(files: HostFiles, { paths }: Taking): readonly Finding[] {
  return paths
    .filter((path) => !isOwnLink(files, path) && isChanged(files, path))
    .map((path) => ({
      service: ownerOf(path) ?? "hapair",
      found: `/${path} ${files.conffiles.has(path) ? "was changed since its package was installed" : "is somebody's own"}`,
      remedy: "move it away",
    }));
}

const afterInit = "etc/ufw/after.init";

/** What ufw loads besides the bundle's files; its `after.init` where it is executable. */
export const besideUfw: readonly string[] = [
  "etc/default/ufw",
  ...["before.rules", "before6.rules", "after.rules", "after6.rules"].map((name) => `etc/ufw/${name}`),
  afterInit,
];

/** Settings and rules of ufw that decide before and after the bundle's, and that no bundle replaces. */
export function ownUfwRules(files: HostFiles): readonly Finding[] {
  const after = files.at(afterInit);
  const runsAfter = after?.kind === "link" || (after?.kind === "file" && after.isExecutable);
  return besideUfw
    .filter((path) => (path !== afterInit || runsAfter) && isChanged(files, path))
    .map((path) => ({
      service: "ufw",
      found: `/${path} was changed since its package was installed`,
      remedy: "restore the package's file; taken over, it stays and decides beside hapair's rules",
    }));
}

/** Where a person can put a unit's own file; with `.d` behind them, the folders of its drop-ins. */
export function unitPaths(unit: string): readonly string[] {
  return [...new Set([unit, unitFileOf(unit)])].map((name) => `etc/systemd/system/${name}`);
}

/** Masks, unit files and drop-ins of somebody's own, of units that the bundle runs. */
export function ownUnitFiles(files: HostFiles, { declared, runs }: Taking): readonly Finding[] {
  const isForeign = (path: string): boolean => !declared.includes(path) && !isOwnLink(files, path);
  return runs.flatMap((unit): Finding[] => {
    const service = runnerOf(unit) ?? "systemd";
    const paths = unitPaths(unit);
    const unitFiles = paths.filter((path) => files.at(path) !== undefined && isForeign(path));
    const dropIns = paths
      .flatMap((path) => files.in(`${path}.d`))
      .filter((path) => path.endsWith(".conf") && isForeign(path));
    return [
      ...unitFiles.map((path) => ({ service, ...unitFileFinding(files, path, unit) })),
      ...dropIns.map((path) => ({
        service,
        found: `/${path} changes ${unit}`,
        remedy: "move it away; taken over, it stays beside hapair's settings",
      })),
    ];
  });
}

function unitFileFinding(files: HostFiles, path: string, unit: string): Omit<Finding, "service"> {
  const found = files.at(path);
  if (found?.kind === "link" && found.target === "/dev/null")
    return {
      found: `/${path} masks ${unit}: somebody decided that it must not run`,
      remedy: `systemctl unmask ${unit}`,
    };
  return {
    found: `/${path} replaces the ${unit} of its package`,
    remedy: "move it away; taken over, it stays and decides how the daemon runs",
  };
}
