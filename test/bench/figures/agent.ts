import { atMost, type Figure, information, ofRounds } from "../figure.ts";
import { round } from "../round.ts";

/** What the agent costs one node. */
export interface AgentCost {
  /** The highest of the resident sizes seen in a minute, after failures of its proxies and without a restart. */
  readonly rssMb: number;
  /** The kernel's high-water mark since the agent started (`VmHWM`). */
  readonly peakRssMb: number;
  readonly corePercent: number;
}

/** The worst of the nodes counts. `failures` of a proxy came before; `readySeconds` has one value a start. */
export function agentFigures(
  failures: number,
  costs: readonly AgentCost[],
  readySeconds: readonly number[],
): Figure[] {
  const worst = (of: (cost: AgentCost) => number, digits: number) =>
    round(Math.max(...costs.map(of)), digits);
  const ready = atMost(1, "agent ready after its start, longest", round(Math.max(...readySeconds), 2), "s");
  return [
    atMost(
      60,
      `agent, RSS after ${failures} failures of a proxy`,
      worst((cost) => cost.rssMb, 1),
      "MB",
    ),
    atMost(
      1,
      "agent, processor",
      worst((cost) => cost.corePercent, 2),
      "% of a core",
    ),
    ...ofRounds(readySeconds.length, [ready]),
    information(
      "agent, highest RSS since its start (VmHWM)",
      worst((cost) => cost.peakRssMb, 1),
      "MB",
    ),
  ];
}
