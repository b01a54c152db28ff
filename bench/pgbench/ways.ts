import type { DrilledPair } from "../../drills/pair.ts";
import {
  atLeast,
  type Figure,
  type Findings,
  information,
  median,
  ofRounds,
  ratioByRound,
  round,
  type TransactionCpu,
} from "../figure.ts";
import { alternate, type Cost, daemonCpu, type MachineUnit, perTransaction } from "./cost.ts";
import type { Endpoint, Pgbench } from "./openPgbench.ts";

/** Clients of each process. */
const clients = 4;
const seconds = 5;

export interface Script {
  readonly name: string;
  readonly args: readonly string[];
  readonly rounds: number;
  /** Goal of the ratio of the first way to the second; absent where the ratio is for comparison only. */
  readonly goal?: number;
  /** One client of one process: nothing competes for the processors, so the rate shows the length of a round trip. */
  readonly alone?: true;
}

export interface Way {
  readonly name: string;
  /** One pgbench process per entry. */
  readonly targets: readonly Endpoint[];
  /** Encrypts, and checks the poolers' certificate. */
  readonly tls?: true;
}

interface Bed {
  readonly pair: DrilledPair;
  readonly pgbench: Pgbench;
  /** A HAProxy that some way goes through in place of the pair's own. */
  readonly hop?: MachineUnit;
}

/** Measures every script on every way. */
export async function measureWays(
  { pair, pgbench, hop }: Bed,
  ways: readonly Way[],
  scripts: readonly Script[],
): Promise<Findings> {
  const figures: Figure[] = [];
  const cpu: TransactionCpu[] = [];
  for (const { name, args, rounds, goal, alone } of scripts) {
    const options = ["--no-vacuum", `--client=${alone ? 1 : clients}`, `--time=${seconds}`, ...args];
    const runs = await alternate(ways, rounds, async ({ name: way, targets, tls }): Promise<Measured> => {
      const before = await daemonCpu(pair, hop);
      const processes = alone ? targets.slice(0, 1) : targets;
      const { tps, cpuSeconds } = await pgbench.measure(processes, options, tls);
      const after = await daemonCpu(pair, hop);
      console.error(`pgbench ${name}, ${way}: ${tps.toFixed(0)} transactions/s`);
      return {
        tps,
        transactions: tps * seconds,
        cpuSeconds: {
          haproxy: after.haproxy - before.haproxy,
          pgbouncer: after.pgbouncer - before.pgbouncer,
          postgresql: after.postgresql - before.postgresql,
          pgbench: cpuSeconds,
        },
      };
    });
    const byWay = ways.map(({ name: way }, index) => ({ way, runs: runs[index] ?? [] }));
    const rates = byWay.map((each) => ({ way: each.way, rates: each.runs.map(({ tps }) => tps) }));
    figures.push(...pgbenchFigures(name, rates, goal), ...(alone ? addedToRoundTrip(name, rates) : []));
    cpu.push(...byWay.map((each) => ({ script: name, way: each.way, ...perTransaction(each.runs) })));
  }
  return { figures, cpu };
}

interface Measured extends Cost {
  readonly tps: number;
}

/** Transactions per second of one way, round by round. */
export interface WayRates {
  readonly way: string;
  readonly rates: readonly number[];
}

/**
 * Figures of a script: the ratio of the first way's rate to that of each other way, round by round, then each median
 * rate. The goal, if there is one, is that of the ratio to the second way.
 */
export function pgbenchFigures(
  script: string,
  ways: readonly WayRates[],
  goal: number | undefined,
): Figure[] {
  const [pair, ...others] = ways;
  if (pair === undefined) throw new Error("a ratio needs at least one way");
  const ratios = others.map((other, index) => {
    const name = `pgbench ${script}, ${pair.way} ÷ ${other.way}`;
    const ratio = round(ratioByRound(pair.rates, other.rates), 3);
    return index > 0 || goal === undefined ? information(name, ratio, "") : atLeast(goal, name, ratio, "");
  });
  const rates = ways.map((each) =>
    information(`pgbench ${script}, ${each.way}`, round(median(each.rates), 0), "tps"),
  );
  return ofRounds(pair.rates.length, [...ratios, ...rates]);
}

/** How much longer a round trip takes on the first way than on each other one; for one client and one statement. */
export function addedToRoundTrip(script: string, [pair, ...others]: readonly WayRates[]): Figure[] {
  if (pair === undefined) throw new Error("a difference needs at least one way");
  const microseconds = ({ rates }: WayRates): number => 1e6 / median(rates);
  const figures = others.map((other) =>
    information(
      `pgbench ${script}, a round trip ${pair.way} − ${other.way}`,
      round(microseconds(pair) - microseconds(other), 0),
      "µs",
    ),
  );
  return ofRounds(pair.rates.length, figures);
}
