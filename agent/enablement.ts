import type { BundleFile } from "../topology/bundle.ts";
import type { Host } from "./host.ts";
import { linkUnit, unlinkUnit, wantedBy } from "./store/unitLinks.ts";
import { enablement, unitStates } from "./system/systemctl.ts";

/** Stops units for good; ones that the host does not know are stopped enough. */
export async function retire(host: Host, units: readonly string[]): Promise<void> {
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

/** Has units started at boot; when and how they start now is the activation's matter. */
export async function enable(
  host: Host,
  units: readonly string[],
  files: readonly BundleFile[],
): Promise<void> {
  for (const unit of units) linkUnit(host.root, unit, files);
  const others = units.filter((unit) => wantedBy(unit, files) === undefined);
  const known = await enablement(host, others);
  const not = others.filter((unit) => ["disabled", "not-found", "masked"].includes(known.get(unit) ?? ""));
  if (not.length > 0) await systemctl(host, ["enable", ...not]);
}

async function systemctl(host: Host, args: readonly string[]): Promise<void> {
  const { status, stderr } = await host.run("systemctl", ["--quiet", ...args], { timeoutMs: 90_000 });
  if (status !== 0) throw new Error(`systemctl ${args.join(" ")}: ${stderr.trim()}`);
}
