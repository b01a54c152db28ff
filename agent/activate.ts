import type { BundleFile } from "../topology/bundle.ts";
import type { Host } from "./host.ts";
import { bring } from "./services/bring.ts";
import type { Deed } from "./services/service.ts";
import { services } from "./services/services.ts";
import { unitsOf } from "./services/systemd.ts";
import { unitStates } from "./system/systemctl.ts";
import type { Target } from "./target.ts";

/**
 * Makes the host's daemons take over what is live: those whose files are among `touched`, in the services' order,
 * and every unit of the target that does not run.
 */
export async function activate(
  host: Host,
  target: Target,
  before: readonly BundleFile[],
  touched: readonly string[],
  done: (deed: Deed) => void,
): Promise<void> {
  const { config, files, enabled } = target;
  const restart = unitsOf(touched, enabled);
  for (const service of services) {
    const paths = touched.filter((path) => service.owns(path, config));
    const units = enabled.filter((unit) => service.runs(unit));
    if (paths.length === 0 && !units.some((unit) => restart.has(unit))) continue;
    for (const deed of await service.activate({ host, config, files, before, paths, units, restart }))
      done(deed);
    host.reached(`activated ${service.name}`);
  }
  for (const unit of enabled) {
    if (restart.has(unit) && !services.some((service) => service.runs(unit)))
      done(await bring(host, unit, "restart"));
  }
  for (const { unit, active } of await unitStates(host, enabled)) {
    if (active !== "active" && active !== "reloading") done(await bring(host, unit, "restart"));
  }
}
