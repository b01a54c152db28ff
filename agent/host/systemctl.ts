import type { System } from "./system.ts";

export interface UnitState {
  readonly unit: string;
  readonly active: string;
  readonly sub: string;
  readonly restarts: number;
}

/** What systemd knows of each unit, in the order asked for. */
export async function unitStates(host: System, units: readonly string[]): Promise<readonly UnitState[]> {
  const shown = await propertiesOf(host, units, "Id,ActiveState,SubState,NRestarts");
  return units.map((unit, index) => {
    const of = (key: string): string => shown[index]?.(key) ?? "";
    return {
      unit,
      active: of("ActiveState") || "unknown",
      sub: of("SubState"),
      restarts: Number(of("NRestarts") || 0),
    };
  });
}

/** What `systemctl show` says of each unit, by property. */
async function propertiesOf(
  host: System,
  units: readonly string[],
  properties: string,
): Promise<readonly ((key: string) => string)[]> {
  if (units.length === 0) return [];
  const { stdout } = await host.run("systemctl", ["show", "--property", properties, ...units]);
  const blocks = stdout.trim().split(/\n\n+/);
  return units.map((_, index) => {
    return (key) => new RegExp(`^${key}=(.*)$`, "m").exec(blocks[index] ?? "")?.[1] ?? "";
  });
}

/**
 * Sockets, timers and paths that start any of the units, or that a unit starts with itself: a socket that names its unit by
 * an alias triggers it only while that is enabled.
 */
export async function triggersOf(host: System, units: readonly string[]): Promise<readonly string[]> {
  if (units.length === 0) return [];
  const { stdout } = await host.run("systemctl", [
    "show",
    "--property",
    "TriggeredBy,Requires,Wants",
    ...units,
  ]);
  const names = stdout.split(/\s+|=/);
  return [...new Set(names.filter((name) => /\.(socket|timer|path)$/.test(name)))];
}

/** Which of the units run, or are about to: at a boot a start may wait for that of another unit. */
export async function runningOf(host: System, units: readonly string[]): Promise<readonly string[]> {
  const shown = await propertiesOf(host, units, "Id,ActiveState,Job");
  return units.filter((_, at) => {
    const of = (property: string): string => shown[at]?.(property) ?? "";
    return !["inactive", "failed"].includes(of("ActiveState")) || Number(of("Job")) > 0;
  });
}

/** `enabled`, `disabled`, `static`, `not-found` … of each unit. */
export async function enablement(
  host: System,
  units: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const answers = await Promise.all(units.map((unit) => host.run("systemctl", ["is-enabled", unit])));
  return new Map(units.map((unit, index) => [unit, answers[index]?.stdout.trim() || "not-found"]));
}

/** Reloads or restarts a unit and waits for the result; throws with the end of the unit's journal. */
export async function moveUnit(host: System, verb: "reload" | "restart", unit: string): Promise<void> {
  if (verb === "restart") await host.run("systemctl", ["reset-failed", unit]);
  const { status, stderr } = await host.run("systemctl", [verb, unit], { timeoutMs: 60_000 });
  if (status === 0) return;
  throw new Error(
    `${unit}: ${verb} failed: ${stderr.trim().split("\n")[0] ?? ""}\n${await lastWords(host, unit)}`.trim(),
  );
}

/** The last lines of a unit's journal, indented: there the daemon says why it failed. */
export async function lastWords(host: System, unit: string): Promise<string> {
  const { stdout } = await host.run("journalctl", ["-u", unit, "-n", "8", "--no-pager", "-o", "cat"]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
}
