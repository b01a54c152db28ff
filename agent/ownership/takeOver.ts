import * as z from "zod";
import { otherFirewalls, type TakeOverName, takeOverNames } from "../../contract/ownership/names.ts";
import { badInput } from "../errors.ts";
import type { System } from "../host/system.ts";
import { enablement, runs, unitStates } from "../host/systemctl.ts";
import { readBefore } from "../store/before.ts";
import type { Layout } from "../store/layout.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { readRecord, writeRecord } from "../store/records.ts";

/** Services whose configuration on this host may be replaced. */
const TakeOver = z.array(z.string());

export function readTakeOver(layout: Layout): readonly string[] {
  return readRecord(layout.takeOver, TakeOver) ?? [];
}

/** Keeps what a check of a bundle is allowed to take over, for the applies that follow it. */
export function writeTakeOver(layout: Layout, allowed: readonly string[]): void {
  if (`${readTakeOver(layout)}` !== `${allowed}`) writeRecord(layout.takeOver, [...allowed]);
}

/** The names given to `--take-over`, each option with one or several. Refuses unknown ones. */
export function parseTakeOver(given: readonly string[]): readonly TakeOverName[] {
  const names = [...new Set(given.flatMap((text) => text.split(/[\s,]+/)).filter((name) => name !== ""))];
  const known = takeOverNames.filter((name) => names.includes(name));
  const unknown = names.filter((name) => !takeOverNames.some((one) => one === name));
  if (unknown.length > 0)
    throw badInput(`--take-over ${unknown.join(",")}: no such service, it takes ${takeOverNames.join(", ")}`);
  return known.sort();
}

/** The bundle with the other firewalls that it takes over among the units that must not run. */
export async function withOtherFirewalls(
  host: System,
  layout: Layout,
  known: KnownBundle,
): Promise<KnownBundle> {
  const { units } = known.bundle;
  if (!units.enabled.includes("ufw.service")) return known;
  const { units: taken } = readBefore(layout);
  const allowed = readTakeOver(layout);
  const candidates = otherFirewalls.filter((name) => allowed.includes(name) || taken[`${name}.service`]);
  const states = await unitStates(
    host,
    candidates.map((name) => `${name}.service`),
  );
  const enabled = await enablement(
    host,
    states.map(({ unit }) => unit),
  );
  const stopped = states.filter(
    (state) => taken[state.unit] || runs(state) || enabled.get(state.unit) === "enabled",
  );
  const disabled = [...units.disabled, ...stopped.map(({ unit }) => unit)];
  return { ...known, bundle: { ...known.bundle, units: { ...units, disabled } } };
}
