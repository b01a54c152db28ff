import type { System } from "../host/system.ts";
import { unitStates } from "../host/systemctl.ts";
import { services } from "../services/services.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { isChanged, type PackageFiles } from "./defaults.ts";
import type { Finding } from "./finding.ts";

/**
 * Daemons that run with a configuration of somebody's own, of those that the bundle stops or whose files in `etc/NAME/` it
 * replaces; a changed `rsyslog.conf` stays in force. Files at the bundle's paths are found by themselves.
 */
export async function ownDaemons(
  host: System,
  packages: PackageFiles,
  { bundle }: KnownBundle,
  units: readonly string[],
): Promise<readonly Finding[]> {
  const declared = bundle.files.map(({ path }) => path);
  const states = await unitStates(host, units);
  return states
    .filter(({ active }) => active === "active")
    .flatMap(({ unit }): Finding[] => {
      const stops = bundle.units.disabled.includes(unit);
      const name = unit.replace(/[@.].*$/, "");
      if (!stops && !declared.some((path) => path.startsWith(`etc/${name}/`))) return [];
      const changed = [...packages.keys()]
        .filter((path) => path.startsWith(`etc/${name}/`) || path === `etc/default/${name}`)
        // ufw's settings have a finding of their own, whether it runs or not.
        .find((path) => name !== "ufw" && !declared.includes(path) && isChanged(host.root, packages, path));
      if (changed === undefined) return [];
      return [
        {
          service: services.find((service) => service.name === name)?.name ?? "systemd",
          found: `${unit} runs with a configuration of somebody's own, /${changed}`,
          remedy: stops ? `systemctl disable --now ${unit}` : "restore the package's file",
        },
      ];
    });
}
