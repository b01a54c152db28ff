import { readFileSync } from "node:fs";
import { leaderPid } from "../../../lab/leader.ts";

interface Memory {
  readonly rssMb: number;
  readonly peakRssMb: number;
}

/** Resident size of a machine's process, now and at its highest. @throws where it is gone */
export function readMemory(lab: string, machine: string, pid: string): Memory {
  // The machine's own /proc, without a process there that would ask: nothing but the agent is to be at work.
  return memoryOf(readFileSync(`/proc/${leaderPid(lab, machine)}/root/proc/${pid}/status`, "utf8"));
}

/** Out of `/proc/PID/status`; MB of 1024 kB, as `ps` and `systemctl` count. */
export function memoryOf(status: string): Memory {
  const megabytes = (field: string) => {
    const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
    if (kilobytes === undefined) throw new Error(`no ${field} in the status of a process: ${status}`);
    return Number(kilobytes) / 1024;
  };
  return { rssMb: megabytes("VmRSS"), peakRssMb: megabytes("VmHWM") };
}
