import { expect } from "vitest";
import { preferredOf } from "../../../agent/egress/act/preference.ts";
import { factsOf } from "../../../agent/haproxy/info.ts";
import { statRows } from "../../../agent/haproxy/servers.ts";
import { agentUnit } from "../../../contract/agentConfig.ts";
import { EgressPage } from "../../../contract/egressPage.ts";
import { askHaproxy } from "../../../drills/observe/daemons.ts";
import { restoreAll } from "../../../drills/proxies.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { egressStateFile } from "../../../render/paths.ts";
import { must } from "../hosts/onHost.ts";
import { roles } from "../pair/labPair.ts";
import type { LabEgress } from "./labEgress.ts";

type Server = EgressPage["groups"][number]["servers"][number];

/** The page of a node's loop, asked from the application server, which may read it. */
export async function page({ lab, pair, metricsPort }: LabEgress, node: string): Promise<EgressPage> {
  const address = pair.nodes.find(({ name }) => name === node)?.address;
  const url = `http://${address}:${metricsPort}/egress`;
  return EgressPage.parse(JSON.parse((await must(lab, "app", ["curl", "-sS", "-m", "2", url])).stdout));
}

export async function serverOn(lab: LabEgress, node: string, name: string): Promise<Server> {
  const found = (await page(lab, node)).groups[0]?.servers.find((server) => server.name === name);
  if (found === undefined) throw new Error(`the loop on ${node} has no ${name}`);
  return found;
}

/** State and cause as `hapair check` and the logs show them: `online`, `degraded (request-timeout)`. */
export async function stateOn(lab: LabEgress, node: string, name: string): Promise<string> {
  const { state, cause } = await serverOn(lab, node, name);
  return cause === null ? String(state) : `${state} (${cause})`;
}

/** The proxy that a node's haproxy prefers, from haproxy's map. */
export async function mapOn({ lab, mapFile }: LabEgress, node: string): Promise<string | null> {
  return preferredOf(await askHaproxy(lab, node, `show map ${mapFile}`));
}

/** haproxy's status of a proxy: UP, DOWN, MAINT … */
export async function haproxyStatus(
  { lab, backend }: LabEgress,
  node: string,
  name: string,
): Promise<string> {
  const rows = statRows(await askHaproxy(lab, node, "show stat -1 4 -1"));
  return String(rows.find((row) => row.backend === backend && row.server === name)?.status);
}

export async function holderOf(lab: LabEgress): Promise<string> {
  return (await roles(lab)).holder;
}

/** Restores every proxy and clears the loops' memory of failures, so that both nodes prefer the first proxy. */
export async function startClean(lab: LabEgress): Promise<void> {
  await restoreAll(lab.lab);
  const forget = `systemctl stop ${agentUnit} && rm -f ${egressStateFile}`;
  await Promise.all(lab.nodes.map((node) => must(lab.lab, node, ["sh", "-c", forget])));
  for (const node of lab.nodes)
    for (const { name } of lab.servers)
      await eventually(() => haproxyStatus(lab, node, name), "UP", `haproxy on ${node} about ${name}`);
  await Promise.all(lab.nodes.map((node) => must(lab.lab, node, ["systemctl", "start", agentUnit])));
  for (const node of lab.nodes) {
    // A latency on the page shows that an election has counted the measurement.
    const measured = async () =>
      (await page(lab, node)).groups[0]?.servers.every(({ latencyMs }) => latencyMs !== null);
    await eventually(measured, true, `every proxy measured by the loop on ${node}`);
    await eventually(() => mapOn(lab, node), "wg1", `preferred on ${node}`);
  }
}

/** Interval between two questions of `eventually`, in ms. */
export const askedEveryMs = 100;

/** Asks until the answer is this one; fails after `timeout` ms. */
export async function eventually<T>(ask: () => Promise<T>, answer: T, about: string, timeout = 10_000) {
  await expect.poll(ask, { timeout, interval: askedEveryMs, message: about }).toEqual(answer);
}

/** The loop's lines in a node's journal after `cursor`. */
export async function journal({ lab }: LabEgress, node: string, cursor: string): Promise<string[]> {
  const argv = ["journalctl", "-u", agentUnit, "-o", "cat", "--after-cursor", cursor];
  return (await must(lab, node, argv)).stdout.split("\n").filter((line) => line !== "");
}

/** Cursor of the last entry in a node's journal. */
export async function journalEnd({ lab }: LabEgress, node: string): Promise<string> {
  const { stdout } = await must(lab, node, ["journalctl", "-n", "0", "--show-cursor"]);
  const cursor = /^-- cursor: (.+)$/m.exec(stdout)?.[1];
  if (cursor === undefined) throw new Error(`the journal of ${node} has no end: ${stdout}`);
  return cursor;
}

/** Process id of a unit's main process; 0 while the unit is not active. */
export async function mainPid({ lab }: LabEgress, node: string, unit: string): Promise<number> {
  const { stdout } = await exec(lab, node, ["systemctl", "show", "--property=ActiveState,MainPID", unit]);
  return stdout.includes("ActiveState=active") ? Number(/^MainPID=(\d+)$/m.exec(stdout)?.[1]) : 0;
}

/** Makes one node's loop prefer wg2 while wg1 works, by a short drain of wg1. */
export async function preferSecond(lab: LabEgress, node: string): Promise<void> {
  const set = (state: string) => askHaproxy(lab.lab, node, `set server ${lab.backend}/wg1 state ${state}`);
  await set("drain");
  try {
    await eventually(() => mapOn(lab, node), "wg2", `preferred on ${node} beside a drained wg1`);
  } finally {
    await set("ready");
  }
}

/** Process id of the haproxy worker that accepts new connections. */
export async function workerOf({ lab }: LabEgress, node: string): Promise<number> {
  return factsOf(await askHaproxy(lab, node, "show info")).pid;
}
