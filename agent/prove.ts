import type { AgentConfig } from "../topology/agentConfig.ts";
import { messageOf } from "./errors.ts";
import type { Host } from "./host.ts";
import { reachable } from "./reachable.ts";
import { lastWords, unitStates } from "./system/systemctl.ts";
import { until } from "./system/until.ts";
import type { Target } from "./target.ts";

const unitsMs = 15_000;
const listenMs = 5000;
const queryMs = 10_000;
const tryMs = 3000;

/** What a query through the local haproxy came to. */
export type DataPath = "answers" | "not asked" | { readonly fails: string };

/** The data path as it is before anything changes; asked twice, so that one lost packet does not count. */
export async function baseline(host: Host, live: AgentConfig | undefined): Promise<DataPath> {
  return dataPath(host, live, 2 * tryMs);
}

/**
 * Proves that what is live works: every unit of it runs and goes on running, the poolers listen, and a query gets
 * through. Throws with the reason. A query that failed before as well is no reason: a database that is down must
 * not keep the configuration of the host as it is.
 */
export async function prove(host: Host, target: Target, before: DataPath): Promise<DataPath> {
  await unitsRun(host, target.enabled);
  const restarts = await restartCounts(host, target.enabled);
  await poolersListen(host, target.config);
  const brokenBefore = typeof before === "object";
  const path = await dataPath(host, target.config, brokenBefore ? tryMs : queryMs);
  if (typeof path === "object" && !brokenBefore) {
    throw new Error(`no query gets through the local haproxy within ${queryMs / 1000} s: ${path.fails}`);
  }
  await unitsRun(host, target.enabled);
  const later = await restartCounts(host, target.enabled);
  const fallen = target.enabled.find((_, index) => later[index] !== restarts[index]);
  if (fallen !== undefined) throw new Error(`${fallen} does not stay up\n${await lastWords(host, fallen)}`);
  return path;
}

async function unitsRun(host: Host, units: readonly string[]): Promise<void> {
  let down: string | undefined;
  const problem = await until(host, unitsMs, async () => {
    const states = await unitStates(host, units);
    const found = states.find(({ active }) => active !== "active" && active !== "reloading");
    down = found?.unit;
    return found && `${found.unit} is ${found.active} (${found.sub})`;
  });
  if (problem !== undefined && down !== undefined)
    throw new Error(`${problem}\n${await lastWords(host, down)}`);
}

async function poolersListen(host: Host, config: AgentConfig | undefined): Promise<void> {
  for (const { unit, port } of config?.pool?.poolers ?? []) {
    const problem = await until(host, listenMs, async () =>
      (await reachable(host, port)) ? undefined : `${unit} accepts no connections on port ${port}`,
    );
    if (problem !== undefined) throw new Error(`${problem}\n${await lastWords(host, unit)}`);
  }
}

async function restartCounts(host: Host, units: readonly string[]): Promise<readonly number[]> {
  return (await unitStates(host, units)).map(({ restarts }) => restarts);
}

async function dataPath(host: Host, config: AgentConfig | undefined, deadlineMs: number): Promise<DataPath> {
  const login = config?.node?.pool?.proof;
  if (login === undefined) return "not asked";
  const problem = await until(host, deadlineMs, async (leftMs) => {
    try {
      await host.query(login, "select 1", Math.min(leftMs, tryMs));
      return undefined;
    } catch (error) {
      return messageOf(error);
    }
  });
  return problem === undefined ? "answers" : { fails: problem };
}
