import { usedCpuMicroseconds } from "../../drills/machine.ts";
import { type DrilledPair, postgresOf } from "../../drills/pair.ts";
import { type CpuTimes, median, round } from "../figure.ts";

/** What one run of pgbench cost. */
export interface Cost {
  readonly transactions: number;
  /** Processor time, s. */
  readonly cpuSeconds: CpuTimes;
}

/** Processor time of one transaction, µs: the median of the runs. */
export function perTransaction(runs: readonly Cost[]): CpuTimes {
  const of = (who: keyof CpuTimes) =>
    round(median(runs.map(({ transactions, cpuSeconds }) => (cpuSeconds[who] * 1e6) / transactions)), 0);
  return {
    haproxy: of("haproxy"),
    pgbouncer: of("pgbouncer"),
    postgresql: of("postgresql"),
    pgbench: of("pgbench"),
  };
}

/** A unit of a machine. */
export interface MachineUnit {
  readonly machine: string;
  readonly unit: string;
}

/**
 * What the pair's daemons have used so far, s, as their units' control groups count it.
 * @param hop a HAProxy beside the pair's own, which counts as one of them
 */
export async function daemonCpu(pair: DrilledPair, hop?: MachineUnit): Promise<Omit<CpuTimes, "pgbench">> {
  const { lab, nodes } = pair;
  const machine = postgresOf(pair);
  const [pgbouncer, postgresql, ...haproxies] = await Promise.all([
    usedSeconds(lab, machine, "system-pgbouncer.slice"),
    usedSeconds(lab, machine, "system-postgresql.slice"),
    ...nodes.map((node) => usedSeconds(lab, node, "haproxy.service")),
    ...(hop ? [usedSeconds(lab, hop.machine, hop.unit)] : []),
  ]);
  return { pgbouncer, postgresql, haproxy: haproxies.reduce((sum, seconds) => sum + seconds, 0) };
}

async function usedSeconds(lab: string, machine: string, group: string): Promise<number> {
  return (await usedCpuMicroseconds(lab, machine, group)) / 1e6;
}

/**
 * Measures every way once a round. Every second round goes backwards, so that a machine that slows down or warms up
 * affects all ways equally.
 * @returns the measurements of each way, in the order of `ways`
 */
export async function alternate<Way, Measurement>(
  ways: readonly Way[],
  rounds: number,
  measure: (way: Way) => Promise<Measurement>,
): Promise<Measurement[][]> {
  const results = ways.map((): Measurement[] => []);
  const order = [...ways.entries()];
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, way] of round % 2 === 0 ? order : order.toReversed())
      results[index]?.push(await measure(way));
  }
  return results;
}
