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
import { groupOfScope, scopeName, scopeProperties } from "./scope.ts";

/**
 * A group is a cgroup v2: the one handle on a tree of processes that no reused pid and no double fork can
 * falsify. Where systemd is PID 1 it is a transient scope, as systemd wants to make the cgroups itself.
 */
const underSystemd = existsSync("/run/systemd/system");

function cgroupRoot(): string {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const path = lines.find((line) => line.includes(" - cgroup2 "))?.split(" ")[4];
  if (path !== undefined) return path;
  throw new Failure(
    "No cgroup v2 is mounted on this host; mount one: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified.",
  );
}

/** The group's folder in the cgroup file system, there or not. */
export function groupPath(lab: string, group: string): string {
  return underSystemd
    ? `${cgroupRoot()}/machine.slice/${scopeName(lab, group)}`
    : `${cgroupRoot()}/hapair-lab-${lab}/${group}`;
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

/** True where the group was told to stand still. */
export function groupFrozen(lab: string, group: string): boolean {
  return readIfThere(`${groupPath(lab, group)}/cgroup.freeze`)?.trim() === "1";
}

export function freezeGroup(lab: string, group: string, frozen: boolean): void {
  writeFileSync(`${groupPath(lab, group)}/cgroup.freeze`, frozen ? "1" : "0");
}

/** Kills every process of the group at once, frozen or not; a group without one is no error. */
export function killGroup(lab: string, group: string): void {
  try {
    writeFileSync(`${groupPath(lab, group)}/cgroup.kill`, "1", { flag: "r+" });
  } catch (error) {
    if (!isMissing(error)) throw error;
    // Kernels before 5.14 have no cgroup.kill; a cgroup folder that is gone has no process.
    for (const pid of groupPids(groupPath(lab, group))) killIfThere(pid);
  }
}

/** Kills a process at once; one that is gone is no error. */
export function killIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Pids of the cgroup at `path` and of all below it. */
export function groupPids(path: string): number[] {
  const own = (readIfThere(`${path}/cgroup.procs`) ?? "").split("\n").filter(Boolean).map(Number);
  return [...own, ...subgroups(path).flatMap((below) => groupPids(`${path}/${below}`))];
}

/** Waits until the group has no process, then removes its folder; false where one is left after `deadlineMs`. */
export async function groupGone(lab: string, group: string, deadlineMs: number): Promise<boolean> {
  const gone = await waitFor(deadlineMs, () => (groupLives(lab, group) ? undefined : true));
  if (!gone) return false;
  if (underSystemd) return scopeForgotten(scopeName(lab, group), deadlineMs);
  removeGroup(groupPath(lab, group));
  return true;
}

/** systemd removes an empty scope's folder itself, and takes the name again only once it has forgotten the unit. */
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
  if (!underSystemd) return subgroups(`${cgroupRoot()}/hapair-lab-${lab}`);
  return subgroups(`${cgroupRoot()}/machine.slice`).flatMap((unit) => groupOfScope(lab, unit) ?? []);
}

/** Removes what holds the lab's groups together, once all are gone. */
export function removeGroups(lab: string): void {
  if (!underSystemd) removeGroup(`${cgroupRoot()}/hapair-lab-${lab}`);
}
