import type { EgressKindName, KindName } from "../../drills/budgets.ts";
import type { DrillResult } from "../../drills/measure/judge.ts";
import { drilledPair } from "../../drills/pair.ts";
import { runDrill } from "../../drills/runDrill.ts";
import { atMost, type Figure, ofRounds } from "../figure.ts";
import type { Findings } from "../findings.ts";
import type { BenchProject } from "../project.ts";

/** Plays a kind on the bench's pair, and holds it against the goals. */
export async function measureDrill(
  kind: KindName,
  project: BenchProject,
  rounds: number,
  signal: AbortSignal,
): Promise<Findings> {
  const pair = drilledPair(project.topology, await project.outputs());
  const result = await runDrill(kind, pair, {
    rounds,
    signal,
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

type FiguresOf = (result: DrillResult) => Figure[];

/** What the table says of a kind of failure of the way out; the outage comes first. */
const egressFigures: Readonly<Record<EgressKindName, FiguresOf>> = {
  "egress-refused": (result) => [
    outage("tunnel refused, until a request is served, p95", result),
    lost("refused", result),
  ],
  "egress-hang": (result) => [
    outage("tunnel hanging, until a request is served, p95", result),
    lost("hanging", result),
  ],
  "egress-refused-alone": (result) => [outage("tunnel refused, no agent, p95", result)],
  "egress-hang-alone": (result) => [outage("tunnel hanging, no agent, p95", result)],
  "egress-crash": (result) => [outage("SOCKS proxy crashed, p95", result)],
  "egress-last-resort": (result) => [outage("all WireGuard dead, until WARP serves, p95", result)],
  "egress-recovery": (result) => [atMost(0, "dead proxy comes back, failed requests", result.failed, "")],
  "egress-slow": (result) => [
    atMost(0, "preference leaves a slow proxy, failed requests", result.failed, ""),
    atMost(1, "slow proxy, switches of the preference", result.switches ?? Number.NaN, ""),
  ],
  "egress-flap": (result) => [
    atMost(4, "flapping for 2 minutes, switches", result.switches ?? Number.NaN, ""),
    outage("flapping for 2 minutes, longest outage, p95", result),
  ],
  "egress-agent-kill": (result) => [atMost(0, "agent killed, failed requests", result.failed, "")],
  "egress-haproxy-restart": (result) => [outage("haproxy restarted, SOCKS clients, p95", result)],
  "egress-host-loss": (result) => [outage("host lost, SOCKS clients, p95", result)],
  "egress-vip": (result) => [outage("holder alone loses its egress, p95", result)],
  "egress-all-dead": (result) => [
    outage("all egress dead for 5 s, p95", result),
    atMost(0, "all egress dead on every node, moves of the address", result.moves, ""),
  ],
};

function lost(how: string, { tunnels }: DrillResult): Figure {
  const figure = `tunnel ${how}, long connections lost on other proxies`;
  return atMost(0, figure, tunnels?.lost ?? Number.NaN, "");
}

/** What the table says of a kind; the outage comes first. */
const figuresOf: Readonly<Record<KindName, (result: DrillResult) => Figure[]>> = {
  "host-loss": (result) => [outage("VIP outage, host lost, p95", result)],
  polite: (result) => [outage("polite hand-over, p95", result)],
  "haproxy-kill": (result) => [outage("haproxy crashed, p95", result)],
  "keepalived-kill": (result) => [
    outage("keepalived crashed, p95", result),
    atMost(50, "keepalived crashed, two holders, longest", result.twoHoldersMs.max, "ms"),
  ],
  freeze: (result) => [
    outage("frozen host, p95", result),
    atMost(1000, "frozen host, one holder after the thaw, longest", longest(result.oneHolderAfterMs), "ms"),
    atMost(0, "frozen host, clients stranded", result.stranded ?? Number.NaN, ""),
  ],
  partition: (result) => [
    outage("partition, p95", result),
    atMost(1000, "healed partition, one holder, longest", longest(result.oneHolderAfterMs), "ms"),
    atMost(0, "healed partition, clients that do not reach it at once", result.lateClients ?? Number.NaN, ""),
  ],
  rejoin: (result) => [
    atMost(0, "node rejoins, longest outage", result.outageMs.max, "ms"),
    atMost(0, "node rejoins, failed connections", result.failed, ""),
  ],
  "link-cut": (result) => [outage("link cut, p95", result)],
  "one-way-cut": (result) => [outage("adverts lost one way, p95", result)],
  "pooler-kill": (result) => [outage("pooler crashed, p95", result)],
  "postgres-restart": (result) => [outage("PostgreSQL restarted, p95", result)],
  ...egressFigures,
};

/** The rows of a kind of drill. */
export function drillFigures(kind: KindName, result: DrillResult): Figure[] {
  return ofRounds(result.rounds, figuresOf[kind](result));
}

/** `NaN` where it was not measured: no figure is made of that. */
function longest(times: { readonly max: number } | undefined): number {
  return times?.max ?? Number.NaN;
}

/** The 95th percentile of a kind's outage, held against its budget. */
function outage(figure: string, { outageMs, budgetMs }: DrillResult): Figure {
  return atMost(budgetMs, figure, outageMs.p95, "ms");
}
