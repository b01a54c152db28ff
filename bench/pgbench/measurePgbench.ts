import { drilledPair } from "../../drills/pair.ts";
import { postgresMachineOf } from "../../topology/pool.ts";
import type { Findings, TransactionCpu } from "../figure.ts";
import { atLeast, type Figure, information, median, ofRounds, round } from "../figure.ts";
import type { BenchProject } from "../project.ts";
import { alternate, type Cost, daemonCpu, perTransaction } from "./cost.ts";
import { type Endpoint, openPgbench } from "./openPgbench.ts";

/** Clients of each of the three processes. */
const clients = 4;
const seconds = 5;

interface Script {
  readonly name: string;
  readonly args: readonly string[];
  readonly rounds: number;
  /** Goal of the ratio of the virtual address to the same poolers; absent where the ratio is for comparison only. */
  readonly goal?: number;
  /** One client of one process: nothing competes for the processors, so the rate shows the length of a round trip. */
  readonly alone?: true;
}

const scripts: readonly Script[] = [
  { name: "tpcb-like", args: ["--builtin=tpcb-like"], rounds: 6, goal: 0.9 },
  { name: "select-only", args: ["--builtin=select-only"], rounds: 6, goal: 0.9 },
  { name: "select-only, one client", args: ["--builtin=select-only"], rounds: 4, alone: true },
  { name: "select-only, a connection each", args: ["--builtin=select-only", "--connect"], rounds: 2 },
];

interface Way {
  readonly name: string;
  /** One pgbench process per entry. */
  readonly targets: readonly Endpoint[];
}

/**
 * pgbench through the virtual address, compared with pgbench without the pair. The load is the same on every way: one
 * process per pooler, with the same number of clients each. Through the address haproxy spreads them evenly
 * (leastconn); straight, each process has a pooler of its own. So the ratio is what the way through the pair costs.
 */
export async function measurePgbench(project: BenchProject): Promise<Findings> {
  const pair = drilledPair(project.topology, await project.outputs());
  const [{ pool } = {}] = project.topology.pairs;
  if (pool === undefined) throw new Error("the bench's pair has a pool");
  const postgres = postgresMachineOf(pool);
  if (postgres === undefined) throw new Error("the bench's pair has a PostgreSQL of its own");
  const { address } = postgres;
  const straight = pool.ports.map((port) => ({ host: address, port }));
  const each = (target: Endpoint | undefined) => (target ? straight.map(() => target) : []);
  const ways: readonly Way[] = [
    { name: "through VIP", targets: each({ host: pair.vip.address, port: pair.vip.port }) },
    { name: "straight to the same poolers", targets: straight },
    { name: "straight to one pooler", targets: each(straight[0]) },
    { name: "straight to PostgreSQL", targets: each({ host: address, port: pool.postgres.port }) },
  ];
  const pgbench = await openPgbench(pair);
  await pgbench.initialise({ host: address, port: pool.postgres.port });

  const figures: Figure[] = [];
  const cpu: TransactionCpu[] = [];
  for (const { name, args, rounds, goal, alone } of scripts) {
    const options = ["--no-vacuum", `--client=${alone ? 1 : clients}`, `--time=${seconds}`, ...args];
    const runs = await alternate(ways, rounds, async ({ name: way, targets }): Promise<Measured> => {
      const before = await daemonCpu(pair);
      const { tps, cpuSeconds } = await pgbench.measure(alone ? targets.slice(0, 1) : targets, options);
      const after = await daemonCpu(pair);
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
 * Figures of a script: the ratio of the first way's median rate to that of each other way, then each median rate. The
 * goal, if there is one, is that of the ratio to the second way.
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
    const ratio = round(median(pair.rates) / median(other.rates), 3);
    return index > 0 || goal === undefined ? information(name, ratio, "") : atLeast(goal, name, ratio, "");
  });
  const rates = ways.map((each) =>
    information(`pgbench ${script}, ${each.way}`, round(median(each.rates), 0), "tps"),
  );
  return ofRounds(pair.rates.length, [...ratios, ...rates]);
}

/** How much longer a round trip takes on the first way than on the second; for one client and one statement. */
export function addedToRoundTrip(script: string, [pair, poolers]: readonly WayRates[]): Figure[] {
  if (pair === undefined || poolers === undefined) throw new Error("two ways are needed to compare them");
  const addedMicroseconds = 1e6 / median(pair.rates) - 1e6 / median(poolers.rates);
  const name = `pgbench ${script}, added by the pair to a round trip`;
  return ofRounds(pair.rates.length, [information(name, round(addedMicroseconds, 0), "µs")]);
}
