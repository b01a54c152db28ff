import { setTimeout as delay } from "node:timers/promises";
import { exec } from "../../../lab/exec.ts";
import { egressUnit } from "../../../render/paths.ts";
import { drilledPair } from "../../drill/drilledPair.ts";
import { nowMs } from "../../drill/observe/clock.ts";
import type { BenchProject } from "../benchProject.ts";
import { atMost } from "../figure.ts";
import type { Findings } from "../findings.ts";
import { round } from "../round.ts";

const starts = 5;
/** After a start it compiles and connects: that is not what it costs all day. */
const settledMs = 10_000;
const observedMs = 60_000;

/** What the agent costs a node that serves, at the default intervals; the worst of the nodes counts. */
export async function measureAgent(project: BenchProject): Promise<Findings> {
  const { lab, nodes } = drilledPair(project.topology, await project.outputs());
  const ready: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    for (const node of nodes) ready.push(await restart(lab, node));
  }
  await delay(settledMs);
  const costs = await Promise.all(nodes.map((node) => observe(lab, node)));
  const worst = (values: readonly number[]) => Math.max(...values);
  return {
    figures: [
      atMost(60, "agent, RSS", round(worst(costs.map(({ rssMb }) => rssMb)), 1), "MB"),
      atMost(
        1,
        "agent, processor",
        round(worst(costs.map(({ corePercent }) => corePercent)), 2),
        "% of a core",
      ),
      atMost(1, "agent ready after its start, longest", round(worst(ready), 2), "s"),
    ],
  };
}

/** @returns time from the start of the unit until it was active, s, as systemd saw it */
async function restart(lab: string, node: string): Promise<number> {
  const { exitCode, stderr } = await exec(lab, node, [
    "sh",
    "-c",
    `systemctl stop ${egressUnit} && systemctl start ${egressUnit}`,
  ]);
  if (exitCode !== 0) throw new Error(`${egressUnit} on ${node} does not start: ${stderr}`);
  const [begun, active] = await properties(lab, node, [
    "InactiveExitTimestampMonotonic",
    "ActiveEnterTimestampMonotonic",
  ]);
  return (Number(active) - Number(begun)) / 1e6;
}

async function observe(
  lab: string,
  node: string,
): Promise<{ readonly rssMb: number; readonly corePercent: number }> {
  const usedBefore = await usedMicroseconds(lab, node);
  const begun = nowMs();
  await delay(observedMs);
  const used = (await usedMicroseconds(lab, node)) - usedBefore;
  const corePercent = used / 10 / (nowMs() - begun);
  const [pid] = await properties(lab, node, ["MainPID"]);
  const { stdout } = await exec(lab, node, ["cat", `/proc/${pid}/status`]);
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(stdout) ?? [];
  return { rssMb: Number(kilobytes) / 1024, corePercent };
}

/** Processor time of the unit with all its processes. */
async function usedMicroseconds(lab: string, node: string): Promise<number> {
  const { stdout } = await exec(lab, node, ["cat", `/sys/fs/cgroup/system.slice/${egressUnit}/cpu.stat`]);
  return Number(/^usage_usec (\d+)$/m.exec(stdout)?.[1]);
}

async function properties(lab: string, node: string, names: readonly string[]): Promise<string[]> {
  const { stdout } = await exec(lab, node, [
    "systemctl",
    "show",
    `--property=${names.join(",")}`,
    egressUnit,
  ]);
  const values = new Map(
    stdout.split("\n").map((line) => [line.split("=", 1)[0], line.replace(/^[^=]*=/, "")]),
  );
  return names.map((name) => values.get(name) ?? "");
}
