import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { agentPage } from "../../drills/observe/daemons.ts";
import { unhealthyEgress } from "../../drills/observe/health.ts";
import { type DrilledPair, egressOf } from "../../drills/pair.ts";
import { restoreAll, uplink } from "../../drills/proxies.ts";
import { waitUntil } from "../../drills/time.ts";
import { exec, leaderPid } from "../../lab/machine/exec.ts";
import { egressUnit } from "../../render/paths.ts";

/** haproxy finds a proxy dead after 1.4 s at the latest; then the agent measures, elects and closes sessions. */
const deadMs = 2000;
/** As long until haproxy finds it alive, and a measurement. */
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

/** @returns time from the start of the agent's unit until it was active, s, as systemd saw it */
export async function restartAgent(lab: string, node: string): Promise<number> {
  const anew = `systemctl stop ${egressUnit} && systemctl start ${egressUnit}`;
  const { exitCode, stderr } = await exec(lab, node, ["sh", "-c", anew]);
  if (exitCode !== 0) throw new Error(`${egressUnit} on ${node} does not start: ${stderr}`);
  const begun = await property(lab, node, "InactiveExitTimestampMonotonic");
  const active = await property(lab, node, "ActiveEnterTimestampMonotonic");
  return (Number(active) - Number(begun)) / 1e6;
}

/** Its process id inside the machine. */
export function agentPid(lab: string, node: string): Promise<string> {
  return property(lab, node, "MainPID");
}

async function property(lab: string, node: string, name: string): Promise<string> {
  const { stdout } = await exec(lab, node, [
    "systemctl",
    "show",
    "--value",
    `--property=${name}`,
    egressUnit,
  ]);
  return stdout;
}
