import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMissing, readIfThere } from "../../../base/files.ts";

/** What the kernel has counted of a thread until now (sched-stats.rst in the kernel's documentation, proc_pid_stat(5)). */
export interface Thread {
  readonly ranMs: number;
  /** Ready to run, and without a core. */
  readonly waitedMs: number;
  /** Whether it runs or is ready to. */
  readonly isReady: boolean;
}

/** By process and thread id. */
export type Threads = ReadonlyMap<string, Thread>;

/** A thread that waited for so much of the time got too little of a core to answer. */
const longWait = 0.5;

/**
 * Whether one of the threads waited for a core most of the time between two looks. A thread that sleeps, is stopped or has
 * a core did not, so a HAProxy that is deadlocked, stopped or spins on a core of its own is not starved.
 */
export function isStarved(before: Threads, after: Threads, elapsedMs: number): boolean {
  for (const [id, now] of after) {
    const then = before.get(id);
    if (then === undefined) continue;
    // A wait is counted when it has ended: of one that goes on, the state alone tells.
    const waitingMs = then.isReady && now.isReady ? elapsedMs - (now.ranMs - then.ranMs) : 0;
    if (Math.max(now.waitedMs - then.waitedMs, waitingMs) >= elapsedMs * longWait) return true;
  }
  return false;
}

/**
 * The threads of a control group, and this program's own: where it waits itself, an answer in time is seen late.
 * Empty where the kernel counts nothing.
 * @param root where `/` of the host is
 * @param group relative to `/`
 */
export function threadsOf(root: string, group: string): Threads {
  const found = new Map<string, Thread>();
  const pids = readIfThere(join(root, group, "cgroup.procs"))?.split("\n") ?? [];
  for (const pid of [...pids.filter((one) => one !== ""), "self"]) {
    const tasks = join(root, "proc", pid, "task");
    for (const task of ifThere(() => readdirSync(tasks)) ?? []) {
      const thread = ifThere(() => threadOf(join(tasks, task)));
      // Whoever reads its own state runs, whatever it did before; its waits have ended then, and are counted.
      const isReady = pid !== "self" && thread?.isReady === true;
      if (thread !== undefined) found.set(`${pid}/${task}`, { ...thread, isReady });
    }
  }
  return found;
}

function threadOf(folder: string): Thread {
  const [ranNs, waitedNs] = readFileSync(join(folder, "schedstat"), "utf8").split(" ").map(Number);
  // The name before the state may have any character.
  const [, state] = /\) (\S)[^)]*$/.exec(readFileSync(join(folder, "stat"), "utf8")) ?? [];
  return { ranMs: (ranNs ?? 0) / 1e6, waitedMs: (waitedNs ?? 0) / 1e6, isReady: state === "R" };
}

/** Undefined where the process or thread has ended meanwhile. */
function ifThere<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
