import { median } from "../median.ts";
import { round } from "../round.ts";

/** Processor time, s, by who used it. */
export interface CpuTimes {
  readonly haproxy: number;
  readonly pgbouncer: number;
  readonly postgresql: number;
  readonly pgbench: number;
}

/** What one run of pgbench cost. */
export interface Cost {
  readonly transactions: number;
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
