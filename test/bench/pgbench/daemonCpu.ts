import { exec } from "../../../lab/exec.ts";
import type { DrilledPair } from "../../drill/drilledPair.ts";
import type { CpuTimes } from "./perTransaction.ts";

/** What the pair's daemons have used so far, s, as their units' control groups count it. */
export async function daemonCpu({ lab, nodes, pool }: DrilledPair): Promise<Omit<CpuTimes, "pgbench">> {
  const [pgbouncer, postgresql, ...haproxies] = await Promise.all([
    usedSeconds(lab, pool.machine, "system-pgbouncer.slice"),
    usedSeconds(lab, pool.machine, "system-postgresql.slice"),
    ...nodes.map((node) => usedSeconds(lab, node, "haproxy.service")),
  ]);
  return { pgbouncer, postgresql, haproxy: haproxies.reduce((sum, seconds) => sum + seconds, 0) };
}

async function usedSeconds(lab: string, machine: string, group: string): Promise<number> {
  const { stdout } = await exec(lab, machine, ["cat", `/sys/fs/cgroup/system.slice/${group}/cpu.stat`]);
  const [, microseconds] = /^usage_usec (\d+)$/m.exec(stdout) ?? [];
  if (microseconds === undefined) throw new Error(`${machine} does not count the time of ${group}`);
  return Number(microseconds) / 1e6;
}
