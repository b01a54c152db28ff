import type { Finding } from "./finding.ts";
import { isChanged } from "./hostFiles.ts";
import { serviceNames } from "./names.ts";
import type { OwnershipFacts, Taking } from "./ownershipFacts.ts";

/** The daemon of a unit, by which its configuration is named: `etc/NAME/` and `etc/default/NAME`. */
export const daemonOf = (unit: string): string => unit.replace(/[@.].*$/, "");

/**
 * Daemons that run with a configuration of somebody's own, of those that the bundle stops or whose files in `etc/NAME/` it
 * replaces; a changed `rsyslog.conf` stays in force. Files at the bundle's paths are found by themselves.
 */
export function ownDaemons(
  { files, units }: Pick<OwnershipFacts, "files" | "units">,
  { declared, runs, stops }: Taking,
): readonly Finding[] {
  return [...runs, ...stops]
    .filter((unit) => units.get(unit)?.isActive)
    .flatMap((unit): Finding[] => {
      const isStopped = stops.includes(unit);
      const name = daemonOf(unit);
      if (!isStopped && !declared.some((path) => path.startsWith(`etc/${name}/`))) return [];
      const changed = [...files.conffiles.keys()]
        .filter((path) => path.startsWith(`etc/${name}/`) || path === `etc/default/${name}`)
        // ufw's settings have a finding of their own, whether it runs or not.
        .find((path) => name !== "ufw" && !declared.includes(path) && isChanged(files, path));
      if (changed === undefined) return [];
      return [
        {
          service: serviceNames.find((service) => service === name) ?? "systemd",
          found: `${unit} runs with a configuration of somebody's own, /${changed}`,
          remedy: isStopped ? `systemctl disable --now ${unit}` : "restore the package's file",
        },
      ];
    });
}
