import type { KindName } from "../../drill/budgets.ts";
import { drilledPair } from "../../drill/drilledPair.ts";
import type { DrillResult } from "../../drill/measure/judge.ts";
import { runDrill } from "../../drill/runDrill.ts";
import type { BenchProject } from "../benchProject.ts";
import { atMost, type Figure } from "../figure.ts";
import type { Findings } from "../findings.ts";
import { egressFigures } from "./egressFigures.ts";

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
    atMost(1000, "frozen host, one holder after the thaw, longest", oneHolderMs(result), "ms"),
    atMost(0, "frozen host, clients stranded", result.faults.length, ""),
  ],
  partition: (result) => [
    outage("partition, p95", result),
    atMost(1000, "healed partition, one holder, longest", oneHolderMs(result), "ms"),
    atMost(0, "healed partition, clients that do not reach it at once", result.faults.length, ""),
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
  return {
    figures: figuresOf[kind](result),
    outages: { [kind]: { budgetMs: result.budgetMs, roundsMs: result.outages } },
  };
}

function outage(figure: string, { outageMs, budgetMs }: DrillResult): Figure {
  return atMost(budgetMs, figure, outageMs.p95, "ms");
}

/** A kind that repairs nothing has no such time. */
function oneHolderMs({ oneHolderAfterMs }: DrillResult): number {
  return oneHolderAfterMs?.max ?? Number.POSITIVE_INFINITY;
}
