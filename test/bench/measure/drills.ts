import type { KindName } from "../../drill/budgets.ts";
import { drilledPair } from "../../drill/drilledPair.ts";
import { runDrill } from "../../drill/runDrill.ts";
import type { BenchProject } from "../benchProject.ts";
import { drillFigures } from "../figures/drills.ts";
import type { Findings } from "../findings.ts";

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
