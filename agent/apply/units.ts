import type { BundleFile } from "../../contract/bundle.ts";
import { ownerOf, runnerOf } from "../../contract/ownership/owners.ts";
import { mustRun } from "../host/mustRun.ts";
import type { System } from "../host/system.ts";
import { enablement, unitStates } from "../host/systemctl.ts";
import { refreshUnit, type UnitAction } from "../services/service.ts";
import { services } from "../services/services.ts";
import { unitsOf } from "../services/systemd.ts";
import { isOwn, linkUnit, missingLinks, unlinkUnit } from "../store/links.ts";
import type { HostState } from "./hostState.ts";

/**
 * Makes the host's daemons take over what is live: those whose files are among `touched`, in the services' order,
 * and every unit of the target that does not run.
 */
export async function activate(
  host: System,
  target: HostState,
  before: readonly BundleFile[],
  touched: readonly string[],
  done: (action: UnitAction) => void,
): Promise<void> {
  const { config, files, enabled } = target;
  const restart = unitsOf(touched, enabled);
  for (const service of services) {
    const paths = touched.filter((path) => ownerOf(path) === service.name);
    const units = enabled.filter((unit) => runnerOf(unit) === service.name);
    if (paths.length === 0 && !units.some((unit) => restart.has(unit))) continue;
    for (const action of await service.activate({ host, config, files, before, paths, units, restart }))
      done(action);
    host.reached(`activated ${service.name}`);
  }
  for (const unit of enabled) {
    if (restart.has(unit) && runnerOf(unit) === undefined) done(await refreshUnit(host, unit, "restart"));
  }
  for (const { unit, active } of await unitStates(host, enabled)) {
    if (active !== "active" && active !== "reloading") done(await refreshUnit(host, unit, "restart"));
  }
}

/** Stops and disables units; those that the host does not know need nothing. */
export async function retire(host: System, units: readonly string[]): Promise<void> {
  const own = units.filter((unit) => unlinkUnit(host.root, unit));
  if (own.length > 0) await systemctl(host, ["stop", ...own]);
  const others = units.filter((unit) => !own.includes(unit));
  const known = await enablement(host, others);
  const there = others.filter((unit) => !["not-found", "masked"].includes(known.get(unit) ?? ""));
  const states = await unitStates(host, there);
  const alive = there.filter(
    (unit, index) => states[index]?.active !== "inactive" || known.get(unit)?.startsWith("enabled"),
  );
  if (alive.length > 0) await systemctl(host, ["disable", "--now", ...alive]);
}

/** Enables units at boot; `activate` starts them now. */
export async function enable(
  host: System,
  units: readonly string[],
  files: readonly BundleFile[],
): Promise<void> {
  const missing = await notEnabled(host, units, files);
  const known = await enablement(host, missing);
  const masked = missing.filter((unit) => known.get(unit)?.startsWith("masked"));
  if (masked.length > 0) await systemctl(host, ["unmask", ...masked]);
  const own = missing.filter((unit) => isOwn(unit, files));
  for (const unit of own) linkUnit(host.root, unit, files);
  const others = missing.filter((unit) => !own.includes(unit));
  if (others.length > 0) await systemctl(host, ["enable", ...others]);
}

/** Units that would not start at the next boot. */
export async function notEnabled(
  host: System,
  units: readonly string[],
  files: readonly BundleFile[],
): Promise<readonly string[]> {
  const known = await enablement(
    host,
    units.filter((unit) => !isOwn(unit, files)),
  );
  return units.filter((unit) => {
    const word = known.get(unit);
    if (word === undefined) return missingLinks(host.root, unit, files).length > 0;
    // `enabled-runtime` comes from a generator: PostgreSQL's cluster depends on a unit that is not enabled itself.
    return ["disabled", "enabled-runtime", "linked", "masked", "masked-runtime", "not-found"].includes(word);
  });
}

function systemctl(host: System, args: readonly string[]): Promise<string> {
  return mustRun(host, "systemctl", ["--quiet", ...args], { timeoutMs: 90_000 });
}
