import { appendFileSync, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { groupPath } from "../../../lab/process/group.ts";

/** Where the kernel's controller of cores is a hierarchy of its own (cgroup v1), beside that of all groups. */
const ownHierarchy = "/sys/fs/cgroup/cpu";
/** A thousandth of a core, µs: its turn comes once a second. */
const [quotaUs, periodUs] = ["1000", "1000000"];

/** Leaves a unit of a machine a thousandth of a core. Returns what gives it back. */
export function starve(lab: string, machine: string, unit: string): () => void {
  const group = join(groupPath(lab, machine), "machine/payload/system.slice", `${unit}.service`);
  return existsSync(join(ownHierarchy, "cgroup.procs")) ? starveBeside(lab, group) : starveGroup(group);
}

function starveBeside(lab: string, group: string): () => void {
  const pids = readFileSync(join(group, "cgroup.procs"), "utf8").trim().split("\n").filter(isShared);
  const [, before = "/"] =
    /^\d+:[^:]*\bcpu\b[^:]*:(.*)$/m.exec(readFileSync(`/proc/${pids[0]}/cgroup`, "utf8")) ?? [];
  const narrow = join(ownHierarchy, `${lab}-${basename(group)}`);
  mkdirSync(narrow);
  writeFileSync(join(narrow, "cpu.cfs_period_us"), periodUs);
  writeFileSync(join(narrow, "cpu.cfs_quota_us"), quotaUs);
  for (const pid of pids) writeFileSync(join(narrow, "cgroup.procs"), pid);
  return () => {
    for (const pid of readFileSync(join(narrow, "cgroup.procs"), "utf8").trim().split("\n"))
      if (pid !== "") writeFileSync(join(ownHierarchy, before, "cgroup.procs"), pid);
    rmdirSync(narrow);
  };
}

/** Whether it has its core from the scheduler of all: one in real time cannot join such a group, and waits for an end. */
function isShared(pid: string): boolean {
  const [, policy] = /\) (?:\S+ ){38}(\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
  return policy === "0";
}

function starveGroup(group: string): () => void {
  const limit = join(group, "cpu.max");
  if (!existsSync(limit)) appendFileSync(join(dirname(group), "cgroup.subtree_control"), "+cpu");
  writeFileSync(limit, `${quotaUs} ${periodUs}`);
  return () => writeFileSync(limit, `max ${periodUs}`);
}
