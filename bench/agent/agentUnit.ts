import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { agentUnit } from "../../contract/agentConfig.ts";
import { run, unitProperties } from "../../drills/machine.ts";
import { agentPage } from "../../drills/observe/daemons.ts";
import { unhealthyEgress } from "../../drills/observe/health.ts";
import { type DrilledPair, egressOf } from "../../drills/pair.ts";
import { restoreAll, uplink } from "../../drills/proxies.ts";
import { waitUntil } from "../../drills/time.ts";
import { leaderPid } from "../../lab/machine/exec.ts";

/** haproxy marks a proxy down within 1.4 s; then the agent measures, elects and closes sessions. */
const deadMs = 2000;
/** haproxy marks it up again within this time, and the agent measures it. */
const aliveMs = 1500;
const healthyWithinMs = 60_000;

/** Lets each proxy in turn fail and come back, while a monitoring system reads every agent's pages. */
export async function failProxies(pair: DrilledPair, failures: number, signal: AbortSignal): Promise<void> {
  const { servers } = egressOf(pair);
  try {
    for (let failure = 0; failure < failures; failure += 1) {
      signal.throwIfAborted();
      const server = servers[failure % servers.length];
      if (!server) throw new Error("the bench's pair has proxies");
      await uplink(pair.lab, server.name, failure % 2 === 0 ? "refused" : "cut");
      await delay(deadMs);
      await uplink(pair.lab, server.name, "open");
      for (const node of pair.nodes) {
        await agentPage(pair, node, "/metrics");
        await agentPage(pair, node, "/egress");
      }
      await delay(aliveMs);
    }
  } finally {
    await restoreAll(pair.lab);
  }
  await waitUntil(() => unhealthyEgress(pair), healthyWithinMs, signal, 500);
}

interface Memory {
  readonly rssMb: number;
  readonly peakRssMb: number;
}

/** Resident size of a process on a machine, now and at its peak. @throws where it is gone */
export function readMemory(lab: string, machine: string, pid: string): Memory {
  // Read from outside: a process on the machine would use its processor while the agent is measured.
  return memoryOf(readFileSync(`/proc/${leaderPid(lab, machine)}/root/proc/${pid}/status`, "utf8"));
}

/** Parses `/proc/PID/status`; MB of 1024 kB, as `ps` and `systemctl` count. */
export function memoryOf(status: string): Memory {
  const megabytes = (field: string) => {
    const [, kilobytes] = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
    if (kilobytes === undefined) throw new Error(`no ${field} in the status of a process: ${status}`);
    return Number(kilobytes) / 1024;
  };
  return { rssMb: megabytes("VmRSS"), peakRssMb: megabytes("VmHWM") };
}

/** Restarts the agent. @returns time from the start of its unit until systemd saw it active, s */
export async function restartAgent(lab: string, node: string): Promise<number> {
  await run(lab, node, ["systemctl", "stop", agentUnit]);
  await run(lab, node, ["systemctl", "start", agentUnit]);
  const names = ["InactiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic"] as const;
  const at = await unitProperties(lab, node, agentUnit, names);
  return (Number(at.ActiveEnterTimestampMonotonic) - Number(at.InactiveExitTimestampMonotonic)) / 1e6;
}
