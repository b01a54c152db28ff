import { drilledPair } from "../../drills/pair.ts";
import type { Findings } from "../figure.ts";
import { measuredWith } from "../otherConfig.ts";
import type { BenchProject } from "../project.ts";
import { openPgbench } from "./openPgbench.ts";
import { measureWays, type Script, type Way } from "./ways.ts";

const scripts: readonly Script[] = [
  { name: "tpcb-like", args: ["--builtin=tpcb-like"], rounds: 6, goal: 0.85 },
  { name: "select-only", args: ["--builtin=select-only"], rounds: 6, goal: 0.85 },
  { name: "select-only, a connection each", args: ["--builtin=select-only", "--connect"], rounds: 2 },
];

/**
 * pgbench through the virtual address with TLS, compared with the same without it. The poolers offer TLS meanwhile, so
 * that both are measured on the same daemons.
 */
export function measureTls(project: BenchProject): Promise<Findings> {
  return measuredWith(project, { tls: { mode: "offered" } }, () => measured(project));
}

async function measured(project: BenchProject): Promise<Findings> {
  const outputs = await project.outputs();
  const pair = drilledPair(project.topology, outputs);
  const authority = Object.values(outputs.pairs).find((each) => each.databaseAuthority)?.databaseAuthority;
  const [{ pool } = {}] = project.topology.pairs;
  const vip = { host: pair.vip.address, port: pair.vip.port };
  const targets = pool?.ports.map(() => vip) ?? [];
  const ways: readonly Way[] = [
    { name: "through VIP with TLS", targets, tls: true },
    { name: "through VIP without TLS", targets },
  ];
  const pgbench = await openPgbench(pair, authority);
  await pgbench.initialise(vip);
  return measureWays({ pair, pgbench }, ways, scripts);
}
