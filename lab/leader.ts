import { groupPath, groupPids } from "./group.ts";
import { LabError } from "./labError.ts";
import { readIfThere } from "./store.ts";

/** Pid on this host of the machine's PID 1; undefined where the machine does not run (yet). */
export function findLeader(lab: string, name: string): number | undefined {
  // nspawn puts the machine into `payload`, where its PID 1 moves itself into `init.scope`.
  const payload = `${groupPath(lab, name)}/machine/payload`;
  for (const path of [`${payload}/init.scope`, payload]) {
    const leader = groupPids(path).find(isFirst);
    if (leader !== undefined) return leader;
  }
  return undefined;
}

/** Pid on this host of the machine's PID 1. Throws where the machine does not run. */
export function leaderPid(lab: string, name: string): number {
  const leader = findLeader(lab, name);
  if (leader !== undefined) return leader;
  throw notRunning(lab, name);
}

export function notRunning(lab: string, name: string): LabError {
  return new LabError(`Machine ${name} of lab ${lab} is not running; start it: lab up ${name} --lab ${lab}.`);
}

function isFirst(pid: number): boolean {
  return /^NSpid:.*\t1$/m.test(readIfThere(`/proc/${pid}/status`) ?? "");
}
