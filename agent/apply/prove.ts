import type { AgentConfig } from "../../contract/agentConfig.ts";
import { badInput } from "../errors.ts";
import { type System, until } from "../host/system.ts";
import { lastWords, unitStates } from "../host/systemctl.ts";
import { findOwn, refusal } from "../ownership/findings.ts";
import { type DataPath, leastOf, reach } from "../services/dataPath.ts";
import { services } from "../services/services.ts";
import { readBefore } from "../store/before.ts";
import type { Layout } from "../store/layout.ts";
import type { KnownBundle } from "../store/readBundle.ts";
import { answeredBefore, rememberAnswer } from "../store/reference.ts";
import { bundleFolder } from "../store/stage.ts";
import type { HostState } from "./hostState.ts";

const unitsMs = 15_000;
const queryMs = 10_000;
const tryMs = 3000;

/** The data path before anything changes; there is time for two tries, so that one lost packet does not count. */
export async function baseline(host: System, live: AgentConfig | undefined): Promise<DataPath> {
  return dataPath(host, live, 2 * tryMs);
}

/**
 * The data path before the roll-out, of which `now` is the state: what worked then counts, also where a step on another
 * host has broken it since.
 */
export function beforeRollOut(host: System, layout: Layout, now: DataPath): DataPath {
  const answered = answeredBefore(layout, host.now());
  if (answered === undefined) return now;
  const { sessionsFail } = answered;
  return sessionsFail === undefined ? "answers" : { ...sessionsFail, port: "sessions" };
}

/** Keeps for a roll-out that a query gets through now, where one does. */
export function rememberDataPath(host: System, layout: Layout, now: DataPath): void {
  const answeredAt = host.now().toISOString();
  if (now === "answers") rememberAnswer(layout, { answeredAt });
  else if (now !== "not asked" && now.port === "sessions") {
    const { through, fails } = now;
    rememberAnswer(layout, { answeredAt, sessionsFail: { through, fails } });
  }
}

/**
 * Proves that what is live works: every unit runs and stays up, and each service serves. Throws with the reason. A query
 * that failed before the change as well fails nothing: a database that is down must not block a change of the host. Where
 * a pooler only refused the password before, as after a roll-out that reached the pool alone, it still has to be reached.
 */
export async function prove(host: System, target: HostState, before: DataPath): Promise<DataPath> {
  await unitsRun(host, target.enabled);
  const restarts = await restartCounts(host, target.enabled);
  for (const service of services) if (target.config) await service.prove?.(host, target.config);
  const path = await dataPath(host, target.config, reach(before) === 0 ? tryMs : queryMs);
  if (typeof path === "object" && reach(path) < reach(before)) {
    throw new Error(`no query gets through ${path.through} within ${queryMs / 1000} s: ${path.fails}`);
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

async function restartCounts(host: System, units: readonly string[]): Promise<readonly number[]> {
  return (await unitStates(host, units)).map(({ restarts }) => restarts);
}

/** Asks every service on this host that leads to a database. */
async function dataPath(
  host: System,
  config: AgentConfig | undefined,
  deadlineMs: number,
): Promise<DataPath> {
  if (config === undefined) return "not asked";
  const paths = services.map(
    async (service) => (await service.dataPath?.(host, config, deadlineMs)) ?? "not asked",
  );
  return leastOf(await Promise.all(paths));
}

/**
 * Lets every daemon's own checker judge the staged files, and looks for what is somebody's own on the host, unless it is
 * among `allowed`; all complaints in one error.
 * @param live the bundle that is live now
 * @param staging whether the bundle comes with a roll-out that changes nothing yet
 */
export async function validate(
  host: System,
  layout: Layout,
  known: KnownBundle,
  {
    live,
    allowed,
    staging,
  }: {
    readonly live: KnownBundle | undefined;
    readonly allowed: readonly string[];
    readonly staging: boolean;
  },
): Promise<void> {
  const folder = bundleFolder(layout, known.sha);
  const { config } = known;
  const { files } = known.bundle;
  // Before the checkers, which make files below /run.
  const own = refusal(await findOwn(host, layout, known, live), allowed);
  const units = unitsOf(layout, known);
  const candidate = { host, folder, files, config, live: live?.config, units, staging };
  const complaints = await Promise.all(
    services.map(async (service) => {
      const found = await service.complaint?.(candidate);
      return found === undefined ? [] : [`${service.name}:\n  ${found.trim().replaceAll("\n", "\n  ")}`];
    }),
  );
  const all = complaints.flat();
  const faults =
    all.length > 0
      ? [`the bundle does not pass its daemons' own checks, nothing was changed\n${all.join("\n")}`]
      : [];
  const problems = [...(own === undefined ? [] : [own]), ...faults];
  if (problems.length > 0) throw badInput(problems.join("\n"));
}

function unitsOf(layout: Layout, { bundle }: KnownBundle): readonly string[] {
  const { enabled, disabled } = bundle.units;
  return [...enabled, ...disabled, ...Object.keys(readBefore(layout).units)];
}
