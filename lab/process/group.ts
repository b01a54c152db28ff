import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  writeFileSync,
} from "node:fs";
import { Failure } from "../../base/failure.ts";
import { isMissing, readIfThere } from "../../base/files.ts";
import { waitFor } from "../../base/waitFor.ts";
import { run } from "./run.ts";

/**
 * A group is a cgroup v2: unlike a pid it is never reused, and no double fork leaves it. Where systemd is PID 1 it is a
 * transient scope, because there systemd alone makes cgroups.
 */
const underSystemd = existsSync("/run/systemd/system");

/** Where the cgroup v2 file system is mounted. */
function cgroupRoot(): string {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const path = lines.find((line) => line.includes(" - cgroup2 "))?.split(" ")[4];
  if (path !== undefined) return path;
  throw new Failure(
    "No cgroup v2 is mounted on this host; mount one: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified.",
  );
}

/** Names of labs and machines have no dot: a lab whose name begins with another's does not match that one's scopes. */
const prefix = (lab: string) => `hapair-lab-${lab}.`;
const suffix = ".scope";

/** Name of the transient unit that systemd keeps for a group of the lab. */
export function scopeName(lab: string, group: string): string {
  return `${prefix(lab)}${group}${suffix}`;
}

/** The group that a unit belongs to; undefined where the unit is not the lab's. */
export function groupOfScope(lab: string, unit: string): string | undefined {
  const isOurs = unit.startsWith(prefix(lab)) && unit.endsWith(suffix);
  return isOurs ? unit.slice(prefix(lab).length, -suffix.length) : undefined;
}

/**
 * Scopes are stopped when this host shuts down, and each of their processes gets the signal. SIGTERM would make a
 * machine's systemd re-execute itself and forget nspawn's request to power off; SIGINT (Ctrl-Alt-Del) shuts it down in
 * order. A machine that is frozen, or takes longer than `lab down` allows, is killed.
 */
const scopeProperties = ["Delegate=yes", "KillSignal=SIGINT", "TimeoutStopSec=20s"] as const;

/** The group's folder in the cgroup file system, whether it exists or not. */
export function groupPath(lab: string, group: string): string {
  return `${groupsFolder(lab)}/${underSystemd ? scopeName(lab, group) : group}`;
}

/** The folder with the lab's groups, and under systemd with other machines' too. */
function groupsFolder(lab: string): string {
  return `${cgroupRoot()}/${underSystemd ? "machine.slice" : `hapair-lab-${lab}`}`;
}

/** Starts `argv` as the first process of a new group that outlives this process; output goes to `log`. */
export function startGroup(
  lab: string,
  group: string,
  argv: readonly string[],
  log: string,
  channel: "ipc" | "ignore" = "ignore",
): ChildProcess {
  const [file = "", ...args] = [...entering(lab, group), ...argv];
  const output = openSync(log, "a", 0o600);
  const child = spawn(file, args, { detached: true, stdio: ["ignore", output, output, channel] });
  closeSync(output);
  child.unref();
  return child;
}

/** The start of a command line: what follows it runs in the group. */
function entering(lab: string, group: string): string[] {
  if (underSystemd) {
    const unit = [`--unit=${scopeName(lab, group)}`, ...scopeProperties.map((each) => `--property=${each}`)];
    return ["systemd-run", "--quiet", "--scope", "--collect", "--slice=machine.slice", ...unit, "--"];
  }
  const path = groupPath(lab, group);
  mkdirSync(path, { recursive: true });
  return ["sh", "-c", 'echo 0 > "$0/cgroup.procs" && exec "$@"', path];
}

/** True where the group has a process. */
export function groupLives(lab: string, group: string): boolean {
  return /^populated 1$/m.test(readIfThere(`${groupPath(lab, group)}/cgroup.events`) ?? "");
}

/** True where the group is frozen, or about to be. */
export function groupFrozen(lab: string, group: string): boolean {
  return readIfThere(`${groupPath(lab, group)}/cgroup.freeze`)?.trim() === "1";
}

export function freezeGroup(lab: string, group: string, frozen: boolean): void {
  writeFileSync(`${groupPath(lab, group)}/cgroup.freeze`, frozen ? "1" : "0");
}

/** Kills every process of the group, frozen or not; a group without processes is not an error. */
export function killGroup(lab: string, group: string): void {
  try {
    writeFileSync(`${groupPath(lab, group)}/cgroup.kill`, "1", { flag: "r+" });
  } catch (error) {
    if (!isMissing(error)) throw error;
    // Kernels before 5.14 have no cgroup.kill. Where the folder is gone, there are no processes either.
    for (const pid of groupPids(groupPath(lab, group))) killIfThere(pid);
  }
}

/** Kills a process; one that has ended is not an error. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Pids in the cgroup at `path` and in all below it. */
export function groupPids(path: string): number[] {
  const own = (readIfThere(`${path}/cgroup.procs`) ?? "").split("\n").filter(Boolean).map(Number);
  return [...own, ...subgroups(path).flatMap((below) => groupPids(`${path}/${below}`))];
}

/** Waits until the group has no process, then removes its folder; false where processes are left after `deadlineMs`. */
export async function groupGone(lab: string, group: string, deadlineMs: number): Promise<boolean> {
  const gone = await waitFor(deadlineMs, () => (groupLives(lab, group) ? undefined : true));
  if (!gone) return false;
  if (underSystemd) return scopeForgotten(scopeName(lab, group), deadlineMs);
  removeGroup(groupPath(lab, group));
  return true;
}

/** systemd removes an empty scope's folder itself, and accepts the name again only once the unit is unloaded. */
async function scopeForgotten(scope: string, deadlineMs: number): Promise<boolean> {
  const show = ["systemctl", "show", "--property=LoadState", "--value", scope];
  const forgotten = async () => ((await run(show)) === "not-found" ? true : undefined);
  return (await waitFor(deadlineMs, forgotten)) ?? false;
}

function removeGroup(path: string): void {
  for (const below of subgroups(path)) removeGroup(`${path}/${below}`);
  try {
    rmdirSync(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function subgroups(path: string): string[] {
  try {
    const entries = readdirSync(path, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Every group of the lab that has a folder. */
export function groupsOf(lab: string): string[] {
  const folders = subgroups(groupsFolder(lab));
  return underSystemd ? folders.flatMap((unit) => groupOfScope(lab, unit) ?? []) : folders;
}

/** Removes the folder of the lab's groups, once all of them are gone. */
export function removeGroups(lab: string): void {
  if (!underSystemd) removeGroup(groupsFolder(lab));
}
