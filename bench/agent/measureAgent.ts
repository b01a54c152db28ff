import { setTimeout as delay } from "node:timers/promises";
import { agentUnit } from "../../contract/agentConfig.ts";
import { mainPid, usedCpuMicroseconds } from "../../drills/machine.ts";
import { drilledPair } from "../../drills/pair.ts";
import { nowMs } from "../../drills/time.ts";
import type { Findings } from "../figure.ts";
import { atMost, type Figure, information, ofRounds, round } from "../figure.ts";
import type { BenchProject } from "../project.ts";
import { failProxies, readMemory, restartAgent } from "./agentUnit.ts";

const failures = 30;
const starts = 5;
const observedMs = 60_000;
const lookMs = 1000;

interface Options {
  readonly signal: AbortSignal;
}

/**
 * What the agent costs a serving node, at the default intervals: measured after its proxies have failed and come back
 * many times without a restart of the agent, as in months of operation. The time that it takes to start comes last.
 */
export async function measureAgent(project: BenchProject, { signal }: Options): Promise<Findings> {
  const pair = drilledPair(project.topology, await project.outputs());
  const { lab, nodes } = pair;
  const pids = await pidsOf(lab, nodes);
  await failProxies(pair, failures, signal);
  const costs = await Promise.all(nodes.map((node, index) => observe(lab, node, pids[index] ?? "", signal)));
  if (String(await pidsOf(lab, nodes)) !== String(pids))
    throw new Error("an agent was restarted while its proxies failed: its size says nothing");
  const ready: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    for (const node of nodes) ready.push(await restartAgent(lab, node));
  }
  return { figures: agentFigures(failures, costs, ready) };
}

function pidsOf(lab: string, nodes: readonly string[]): Promise<string[]> {
  return Promise.all(nodes.map(async (node) => (await mainPid(lab, node, agentUnit)) ?? ""));
}

async function observe(lab: string, node: string, pid: string, signal: AbortSignal): Promise<AgentCost> {
  const usedBefore = await usedCpuMicroseconds(lab, node, agentUnit);
  const begun = nowMs();
  const sizes: number[] = [];
  while (nowMs() - begun < observedMs) {
    signal.throwIfAborted();
    sizes.push(readMemory(lab, node, pid).rssMb);
    await delay(lookMs);
  }
  const used = (await usedCpuMicroseconds(lab, node, agentUnit)) - usedBefore;
  const { peakRssMb } = readMemory(lab, node, pid);
  return { rssMb: Math.max(...sizes), peakRssMb, corePercent: used / 10 / (nowMs() - begun) };
}

/** What the agent costs one node. */
export interface AgentCost {
  /** The highest resident size seen in a minute, after the failures of its proxies and without a restart. */
  readonly rssMb: number;
  /** The kernel's high-water mark since the agent started (`VmHWM`). */
  readonly peakRssMb: number;
  readonly corePercent: number;
}

/** The worst node counts. @param failures of a proxy before the measurement @param readySeconds one value a start */
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
      80,
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
