import { setTimeout as delay } from "node:timers/promises";
import { exec } from "../../../lab/exec.ts";
import { egressUnit } from "../../../render/paths.ts";
import { drilledPair } from "../../drill/drilledPair.ts";
import { nowMs } from "../../drill/observe/clock.ts";
import { failProxies } from "../agent/failProxies.ts";
import { readMemory } from "../agent/readMemory.ts";
import { agentPid, restartAgent } from "../agent/unit.ts";
import type { BenchProject } from "../benchProject.ts";
import { type AgentCost, agentFigures } from "../figures/agent.ts";
import type { Findings } from "../findings.ts";

const failures = 30;
const starts = 5;
const observedMs = 60_000;
const lookMs = 1000;

interface Options {
  readonly signal: AbortSignal;
}

/**
 * What the agent costs a node that serves, at the default intervals: after its proxies have failed and come back, as
 * they do in a life of months, and without a restart in between. How fast it starts is measured last.
 */
export async function measureAgent(project: BenchProject, { signal }: Options): Promise<Findings> {
  const pair = drilledPair(project.topology, await project.outputs());
  const { lab, nodes } = pair;
  const pids = await pidsOf(lab, nodes);
  await failProxies(pair, failures, signal);
  const costs = await Promise.all(nodes.map((node, index) => observe(lab, node, pids[index] ?? "", signal)));
  if (String(await pidsOf(lab, nodes)) !== String(pids))
    throw new Error("an agent did not live through the failures of its proxies");
  const ready: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    for (const node of nodes) ready.push(await restartAgent(lab, node));
  }
  return { figures: agentFigures(failures, costs, ready) };
}

function pidsOf(lab: string, nodes: readonly string[]): Promise<string[]> {
  return Promise.all(nodes.map((node) => agentPid(lab, node)));
}

async function observe(lab: string, node: string, pid: string, signal: AbortSignal): Promise<AgentCost> {
  const usedBefore = await usedMicroseconds(lab, node);
  const begun = nowMs();
  const sizes: number[] = [];
  while (nowMs() - begun < observedMs) {
    signal.throwIfAborted();
    sizes.push(readMemory(lab, node, pid).rssMb);
    await delay(lookMs);
  }
  const used = (await usedMicroseconds(lab, node)) - usedBefore;
  const { peakRssMb } = readMemory(lab, node, pid);
  return { rssMb: Math.max(...sizes), peakRssMb, corePercent: used / 10 / (nowMs() - begun) };
}

/** Processor time of the unit with all its processes. */
async function usedMicroseconds(lab: string, node: string): Promise<number> {
  const { stdout } = await exec(lab, node, ["cat", `/sys/fs/cgroup/system.slice/${egressUnit}/cpu.stat`]);
  return Number(/^usage_usec (\d+)$/m.exec(stdout)?.[1]);
}
