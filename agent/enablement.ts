import type { Host } from "./host.ts";
import { enablement, unitStates } from "./system/systemctl.ts";

/** Stops units for good; ones that the host does not know are stopped enough. */
export async function retire(host: Host, units: readonly string[]): Promise<void> {
  const known = await enablement(host, units);
  const there = units.filter((unit) => !["not-found", "masked"].includes(known.get(unit) ?? ""));
  const states = await unitStates(host, there);
  const alive = there.filter(
    (unit, index) => states[index]?.active !== "inactive" || known.get(unit)?.startsWith("enabled"),
  );
  if (alive.length > 0) await systemctl(host, ["disable", "--now", ...alive]);
}

/** Has units started at boot; when and how they start now is the activation's matter. */
export async function enable(host: Host, units: readonly string[]): Promise<void> {
  const known = await enablement(host, units);
  const not = units.filter((unit) =>
    ["disabled", "linked", "not-found", "masked"].includes(known.get(unit) ?? ""),
  );
  if (not.length > 0) await systemctl(host, ["enable", ...not]);
}

async function systemctl(host: Host, args: readonly string[]): Promise<void> {
  const { status, stderr } = await host.run("systemctl", ["--quiet", ...args], { timeoutMs: 90_000 });
  if (status !== 0) throw new Error(`systemctl ${args.join(" ")}: ${stderr.trim()}`);
}
