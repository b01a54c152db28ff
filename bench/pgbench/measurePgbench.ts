import { drilledPair } from "../../drills/pair.ts";
import { postgresMachineOf } from "../../topology/pool.ts";
import type { Findings } from "../figure.ts";
import type { BenchProject } from "../project.ts";
import { type Endpoint, openPgbench } from "./openPgbench.ts";
import { measureWays, type Script, type Way } from "./ways.ts";

const scripts: readonly Script[] = [
  { name: "tpcb-like", args: ["--builtin=tpcb-like"], rounds: 6, goal: 0.9 },
  { name: "select-only", args: ["--builtin=select-only"], rounds: 6, goal: 0.9 },
  { name: "select-only, one client", args: ["--builtin=select-only"], rounds: 4, alone: true },
  { name: "select-only, a connection each", args: ["--builtin=select-only", "--connect"], rounds: 2 },
];

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

  return measureWays({ pair, pgbench }, ways, scripts);
}
