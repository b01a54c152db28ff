import * as z from "zod";
import { badInput } from "../errors.ts";
import type { System } from "../host/system.ts";
import { unitStates } from "../host/systemctl.ts";
import { services } from "../services/services.ts";
import { readBefore } from "../store/before.ts";
import type { Layout } from "../store/layout.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { readRecord, writeRecord } from "../store/records.ts";

/** Firewalls that would decide beside ufw, or empty its rules: one that is taken over stops. */
export const otherFirewalls = ["nftables", "firewalld", "netfilter-persistent", "shorewall"] as const;
/** Rules for incoming packets that no unit of these loads: they stay beside ufw's. */
export const looseRules = "iptables";

/** Services whose configuration on this host may be replaced. */
const TakeOver = z.array(z.string());

export function readTakeOver(layout: Layout): readonly string[] {
  return readRecord(layout.takeOver, TakeOver) ?? [];
}

/** What the last check of a bundle was allowed holds for the apply that follows. */
export function writeTakeOver(layout: Layout, allowed: readonly string[]): void {
  if (`${readTakeOver(layout)}` !== `${allowed}`) writeRecord(layout.takeOver, [...allowed]);
}

/** The names given to `--take-over`, each option with one or several. Refuses unknown ones. */
export function takeOverNames(given: readonly string[]): readonly string[] {
  const names = [...new Set(given.flatMap((text) => text.split(/[\s,]+/)).filter((name) => name !== ""))];
  const known: readonly string[] = [...services.map(({ name }) => name), ...otherFirewalls, looseRules];
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw badInput(`--take-over ${unknown.join(",")}: no such service, it takes ${known.join(", ")}`);
  return names.sort();
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
  const stopped = states.filter(({ unit, active }) => taken[unit] || active === "active");
  const disabled = [...units.disabled, ...stopped.map(({ unit }) => unit)];
  return { ...known, bundle: { ...known.bundle, units: { ...units, disabled } } };
}
