import { messageOf } from "../../base/failure.ts";
import type { AgentConfig } from "../../contract/agentConfig.ts";
import { badInput } from "../errors.ts";
import { reachable } from "../host/network.ts";
import type { System } from "../host/system.ts";
import { lastWords, unitStates } from "../host/systemctl.ts";
import { until } from "../host/until.ts";
import { services } from "../services/services.ts";
import type { Layout } from "../store/layout.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { bundleFolder } from "../store/stage.ts";
import type { HostState } from "./hostState.ts";

const unitsMs = 15_000;
const listenMs = 5000;
const queryMs = 10_000;
const tryMs = 3000;

/** What a query through the local haproxy came to. */
export type DataPath = "answers" | "not asked" | { readonly fails: string };

/** The data path as it is before anything changes; asked twice, so that one lost packet does not count. */
export async function baseline(host: System, live: AgentConfig | undefined): Promise<DataPath> {
  return dataPath(host, live, 2 * tryMs);
}

/**
 * Proves that what is live works: every unit of it runs and goes on running, the poolers listen, and a query gets
 * through. Throws with the reason. A query that failed before as well is no reason: a database that is down must
 * not keep the configuration of the host as it is.
 */
export async function prove(host: System, target: HostState, before: DataPath): Promise<DataPath> {
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

async function unitsRun(host: System, units: readonly string[]): Promise<void> {
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

async function poolersListen(host: System, config: AgentConfig | undefined): Promise<void> {
  for (const { unit, port } of config?.pool?.poolers ?? []) {
    const problem = await until(host, listenMs, async () =>
      (await reachable(host, port)) ? undefined : `${unit} accepts no connections on port ${port}`,
    );
    if (problem !== undefined) throw new Error(`${problem}\n${await lastWords(host, unit)}`);
  }
}

async function restartCounts(host: System, units: readonly string[]): Promise<readonly number[]> {
  return (await unitStates(host, units)).map(({ restarts }) => restarts);
}

async function dataPath(
  host: System,
  config: AgentConfig | undefined,
  deadlineMs: number,
): Promise<DataPath> {
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

/** Lets every daemon's own checker judge the staged files; all complaints in one error. */
export async function validate(host: System, layout: Layout, known: KnownBundle): Promise<void> {
  const folder = bundleFolder(layout, known.sha);
  const complaints = await Promise.all(
    services.map(async (service) => {
      const found = await service.complaint?.({ host, folder, files: known.bundle.files });
      return found === undefined ? [] : [`${service.name}:\n  ${found.trim().replaceAll("\n", "\n  ")}`];
    }),
  );
  const all = complaints.flat();
  if (all.length > 0)
    throw badInput(
      `the bundle does not pass its daemons' own checks, nothing was changed\n${all.join("\n")}`,
    );
}
