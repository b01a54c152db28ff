import { type Budget, budgets, type KindName } from "../drills/budgets.ts";
import { kinds } from "../drills/kinds/kinds.ts";
import type { DrillResult } from "../drills/measure/judge.ts";
import { drilledPair } from "../drills/pair.ts";
import { runDrill } from "../drills/runDrill.ts";
import type { Findings } from "./figure.ts";
import { atMost, type Figure, ofRounds } from "./figure.ts";
import type { BenchProject } from "./project.ts";

interface Options {
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** Runs a kind on the bench's pair: for `rounds` rounds, or for one where a round takes minutes. */
export async function measureDrill(
  kind: KindName,
  project: BenchProject,
  options: Options,
): Promise<Findings> {
  const rounds = kinds[kind].lengthy ? 1 : options.rounds;
  const pair = drilledPair(project.topology, await project.outputs());
  const result = await runDrill(kind, pair, {
    rounds,
    signal: options.signal,
    onRound: (round, { outageMs, faults }) => {
      console.error([`${kind} ${round}/${rounds}: outage ${outageMs.toFixed(0)} ms`, ...faults].join("; "));
    },
  });
  for (const sentence of result.missed) console.error(`${kind}: ${sentence}`);
  return {
    figures: drillFigures(kind, result),
    outages: { [kind]: { budgetMs: result.budgetMs, roundsMs: result.outages } },
  };
}

/** The figures of a kind. @throws Failure for a figure that the rounds did not measure, or that has no budget */
export function drillFigures(kind: KindName, result: DrillResult): Figure[] {
  const names: Names = figureNames[kind] ?? { outage: `${kind}, p95` };
  const figures = Object.keys(measures)
    .filter(isMeasure)
    .flatMap((measure) => {
      const name = names[measure];
      if (name === undefined) return [];
      const budget = { ...budgets[kind], ...quietGoals[kind] };
      const { value = Number.NaN, goal = Number.NaN, unit } = measures[measure](result, budget);
      return [atMost(goal, name, value, unit)];
    });
  return ofRounds(result.rounds, figures);
}

/** Goals on a quiet machine, where they are below the budget, which holds on a busy one too. */
const quietGoals: Readonly<Partial<Record<KindName, Partial<Budget>>>> = {
  "host-loss": { outageMs: 80 },
  polite: { outageMs: 15 },
  "haproxy-kill": { outageMs: 60 },
  freeze: { outageMs: 80, oneHolderAfterMs: 50 },
};

interface Measurement {
  /** Absent where the rounds do not measure it. */
  readonly value: number | undefined;
  /** Absent where the kind has no such limit. */
  readonly goal: number | undefined;
  readonly unit: "ms" | "";
}

/** What a figure can show of a drill, in the order of the table. */
const measures = {
  outage: ({ outageMs }, budget) => ({ value: outageMs.p95, goal: budget.outageMs, unit: "ms" }),
  longestOutage: ({ outageMs }, budget) => ({ value: outageMs.max, goal: budget.outageMs, unit: "ms" }),
  twoHolders: ({ twoHoldersMs }, budget) => ({
    value: twoHoldersMs.max,
    goal: budget.twoHoldersMs,
    unit: "ms",
  }),
  oneHolderAgain: ({ oneHolderAfterMs }, budget) => ({
    value: oneHolderAfterMs?.max,
    goal: budget.oneHolderAfterMs,
    unit: "ms",
  }),
  stranded: ({ stranded }, budget) => ({ value: stranded, goal: budget.stranded, unit: "" }),
  lateClients: ({ lateClients }, budget) => ({ value: lateClients, goal: budget.lateClients, unit: "" }),
  failed: ({ failed }, budget) => ({ value: failed, goal: budget.failed, unit: "" }),
  switches: ({ switches }, budget) => ({ value: switches, goal: budget.switches, unit: "" }),
  moves: ({ moves }, budget) => ({ value: moves, goal: budget.moves, unit: "" }),
  sqlOutage: ({ sqlOutageMs }, budget) => ({ value: sqlOutageMs?.max, goal: budget.sqlOutageMs, unit: "ms" }),
  lostChanges: ({ lostChanges }, budget) => ({ value: lostChanges, goal: budget.lostChanges, unit: "" }),
  tunnelsLost: ({ tunnels }) => ({ value: tunnels?.lost, goal: 0, unit: "" }),
} satisfies Readonly<Record<string, (result: DrillResult, budget: Budget) => Measurement>>;

type Names = Partial<Readonly<Record<keyof typeof measures, string>>>;

function isMeasure(name: string): name is keyof typeof measures {
  return Object.hasOwn(measures, name);
}

/**
 * The figures of each kind, by name: the record is kept by these names. A kind that is not listed has its outage, under
 * its own name.
 */
const figureNames: Readonly<Partial<Record<KindName, Names>>> = {
  "host-loss": { outage: "VIP outage, host lost, p95" },
  polite: { outage: "polite hand-over, p95" },
  "haproxy-kill": { outage: "haproxy crashed, p95" },
  "keepalived-kill": {
    outage: "keepalived crashed, p95",
    twoHolders: "keepalived crashed, two holders, longest",
  },
  freeze: {
    outage: "frozen host, p95",
    oneHolderAgain: "frozen host, one holder after the thaw, longest",
    stranded: "frozen host, clients stranded",
  },
  partition: {
    outage: "partition, p95",
    oneHolderAgain: "healed partition, one holder, longest",
    lateClients: "healed partition, clients that do not reach it at once",
  },
  rejoin: {
    longestOutage: "node rejoins, longest outage",
    failed: "node rejoins, failed connections",
  },
  "link-cut": { outage: "link cut, p95" },
  "one-way-cut": { outage: "adverts lost one way, p95" },
  "pooler-kill": { outage: "pooler crashed, p95" },
  "postgres-restart": { outage: "PostgreSQL restarted, p95" },
  "egress-refused": {
    outage: "tunnel refused, until a request is served, p95",
    tunnelsLost: "tunnel refused, long connections lost on other proxies",
  },
  "egress-hang": {
    outage: "tunnel hanging, until a request is served, p95",
    tunnelsLost: "tunnel hanging, long connections lost on other proxies",
  },
  "egress-refused-alone": { outage: "tunnel refused, no agent, p95" },
  "egress-hang-alone": { outage: "tunnel hanging, no agent, p95" },
  "egress-crash": { outage: "SOCKS proxy crashed, p95" },
  "egress-last-resort": { outage: "all WireGuard dead, until WARP serves, p95" },
  "egress-recovery": { failed: "dead proxy comes back, failed requests" },
  "egress-slow": {
    failed: "preference leaves a slow proxy, failed requests",
    switches: "slow proxy, switches of the preference",
  },
  "egress-flap": {
    outage: "flapping for 2 minutes, longest outage, p95",
    switches: "flapping for 2 minutes, switches",
  },
  "egress-agent-kill": { failed: "agent killed, failed requests" },
  "egress-haproxy-restart": { outage: "haproxy restarted, SOCKS clients, p95" },
  "egress-host-loss": { outage: "host lost, SOCKS clients, p95" },
  "egress-vip": { outage: "holder alone loses its egress, p95" },
  "egress-all-dead": {
    outage: "all egress dead for 5 s, p95",
    moves: "all egress dead on every node, moves of the address",
  },
  "route-change-under-load": {
    failed: "routes change under 300 requests/s and reloads, failed requests",
    lostChanges: "routes change under 300 requests/s and reloads, changes lost",
    sqlOutage: "routes change under 300 requests/s and reloads, outage of SQL",
  },
  "route-failover": {
    outage: "host lost, clients of the edge, p95",
    lostChanges: "host lost, acknowledged changes of routes lost",
  },
  "route-partition": {
    outage: "partition, clients of the edge, p95",
    lostChanges: "partition, acknowledged changes of routes lost",
  },
  "route-database-down": {
    failed: "database of the routes lost, failed requests",
    lostChanges: "database of the routes lost, acknowledged changes lost",
  },
  "route-foreign-reload": {
    outage: "foreign reloads, clients of a new route, p95",
    lostChanges: "foreign reloads and agent killed, acknowledged changes lost",
  },
  "route-disk-full": {
    failed: "disk of the routes full, failed requests",
    lostChanges: "disk of the routes full, acknowledged changes lost",
  },
  "haproxy-hang": { outage: "HAProxy hangs, until clients are served, p95" },
  "edge-flood": {
    failed: "flood of the edge, failed requests of another address",
    sqlOutage: "flood of the edge, outage of SQL",
  },
  "edge-slow": {
    failed: "slow clients of the edge, failed requests of another address",
    sqlOutage: "slow clients of the edge, outage of SQL",
  },
};
