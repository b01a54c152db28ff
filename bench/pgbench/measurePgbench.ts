import { Failure } from "../../base/failure.ts";
import { run } from "../../drills/machine.ts";
import { type DrilledPair, drilledPair } from "../../drills/pair.ts";
import { postgresMachineOf } from "../../topology/pool.ts";
import type { Node } from "../../topology/topology.ts";
import { startBareHaproxy } from "../bareHaproxy.ts";
import type { Findings } from "../figure.ts";
import type { BenchProject } from "../project.ts";
import { type Endpoint, openPgbench } from "./openPgbench.ts";
import { measureWays, type Script, type Way } from "./ways.ts";

const scripts: readonly Script[] = [
  { name: "tpcb-like", args: ["--builtin=tpcb-like"], rounds: 12, goal: 0.97 },
  { name: "select-only", args: ["--builtin=select-only"], rounds: 12, goal: 0.97 },
  { name: "select-only, one client", args: ["--builtin=select-only"], rounds: 4, alone: true },
  { name: "select-only, a connection each", args: ["--builtin=select-only", "--connect"], rounds: 2 },
];

const barePort = 18_080;

/**
 * pgbench through the virtual address, compared with a HAProxy of default settings on the same node, which is what the
 * pair's own work costs, and with pgbench without any HAProxy. The load is the same on every way: one process per pooler,
 * with the same number of clients each. Through a HAProxy they are spread evenly; straight, each process has a pooler of
 * its own.
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
  const holder = await holderOf(project, pair);
  const beside = { host: holder.address, port: barePort };
  const ways: readonly Way[] = [
    { name: "through VIP", targets: each({ host: pair.vip.address, port: pair.vip.port }) },
    { name: "through a bare HAProxy", targets: each(beside) },
    { name: "straight to the same poolers", targets: straight },
    { name: "straight to one pooler", targets: each(straight[0]) },
    { name: "straight to PostgreSQL", targets: each({ host: address, port: pool.postgres.port }) },
  ];
  const pgbench = await openPgbench(pair);
  await pgbench.initialise({ host: address, port: pool.postgres.port });
  const bare = await startBareHaproxy(pair.lab, holder.name, { mode: "tcp", ...beside, targets: straight });
  try {
    const hop = { machine: holder.name, unit: bare.unit };
    return await measureWays({ pair, pgbench, hop }, ways, scripts);
  } finally {
    await bare.stop();
  }
}

/** @throws Failure where no node has the virtual address */
async function holderOf({ topology }: BenchProject, { lab, vip }: DrilledPair): Promise<Node> {
  for (const node of topology.pairs.flatMap(({ nodes }) => nodes)) {
    const addresses = await run(lab, node.name, ["ip", "-4", "-brief", "address"]);
    if (addresses.includes(` ${vip.address}/`)) return node;
  }
  throw new Failure("no node of the bench's pair has the virtual address");
}
