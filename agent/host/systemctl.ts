import type { System } from "./system.ts";

export interface UnitState {
  readonly unit: string;
  /** systemd's words; a unit that waits for its start, as many do while a host boots, is `activating (queued)`. */
  readonly active: string;
  readonly sub: string;
  readonly restarts: number;
}

/** What systemd knows of each unit, in the order asked for. */
export async function unitStates(host: System, units: readonly string[]): Promise<readonly UnitState[]> {
  if (units.length === 0) return [];
  const properties = "Id,ActiveState,SubState,NRestarts,Job";
  const { stdout } = await host.run("systemctl", ["show", "--property", properties, ...units]);
  const blocks = stdout.trim().split(/\n\n+/);
  return units.map((unit, index) => {
    const of = (key: string): string => new RegExp(`^${key}=(.*)$`, "m").exec(blocks[index] ?? "")?.[1] ?? "";
    const active = of("ActiveState") || "unknown";
    const isQueued = isDown(active) && of("Job") !== "";
    return {
      unit,
      active: isQueued ? "activating" : active,
      sub: isQueued ? "queued" : of("SubState"),
      restarts: Number(of("NRestarts") || 0),
    };
  });
}

/** Whether a unit runs, or is about to: one that fails again and again does not. */
export function runs(state: UnitState | undefined): boolean {
  if (state?.active === "activating") return state.sub !== "auto-restart";
  return state?.active === "active" || state?.active === "reloading";
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

/** Which of the units have to be stopped before their files change; also one between two automatic restarts. */
export async function notStopped(host: System, units: readonly string[]): Promise<readonly string[]> {
  return (await unitStates(host, units)).filter(({ active }) => !isDown(active)).map(({ unit }) => unit);
}

function isDown(active: string): boolean {
  return active === "inactive" || active === "failed";
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
