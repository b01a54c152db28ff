import { existsSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../base/failure.ts";
import type { Wanted } from "../../base/listeners.ts";
import type { AgentConfig } from "../../contract/agentConfig.ts";
import { programPath } from "../../contract/bundle.ts";
import { egressConfigPath } from "../../contract/egressConfig.ts";
import type { NodeStatus } from "../../contract/hostStatus.ts";
import { routesConfigPath } from "../../contract/routesConfig.ts";
import { readEgressConfig } from "../daemon/config.ts";
import { folderComplaint, folderWarnings } from "../edge/folderComplaint.ts";
import { factsOf } from "../haproxy/info.ts";
import { isServer, type StatRow, statTable } from "../haproxy/servers.ts";
import { readWorkers, type Workers } from "../haproxy/workers.ts";
import { isGivenUp } from "../health/trackFile.ts";
import { isLateAnswer } from "../host/network.ts";
import { type SqlLogin, type System, until } from "../host/system.ts";
import { unitStates } from "../host/systemctl.ts";
import { fullHaproxy } from "../limits/haproxy.ts";
import { askOn, type DataPath, leastOf, type Way } from "./dataPath.ts";
import { filesComplaint } from "./haproxyFiles.ts";
import { handOverServerState } from "./haproxyServerState.ts";
import { allOf, portsComplaint } from "./ports.ts";
import {
  type Candidate,
  type Change,
  complaintOf,
  refreshUnit,
  type Service,
  type StatusPart,
  type UnitAction,
  verbFor,
} from "./service.ts";

const config = "etc/haproxy/haproxy.cfg";
const environment = "etc/default/haproxy";
const newWorkerMs = 5000;
const routesMapMs = 20_000;
const certificateMs = 20_000;
/** One answer for the status. */
const statusMs = 2000;

type Node = NonNullable<AgentConfig["node"]>;

export const haproxy: Service = {
  name: "haproxy",
  complaint,
  activate,
  dataPath,
  status,
};

async function complaint(candidate: Candidate): Promise<string | undefined> {
  const { host, folder, files } = candidate;
  const file = files.find(({ path }) => path === config);
  if (file === undefined) return undefined;
  // Before HAProxy's own check, which reads the copy of that folder.
  const ofFolder = folderComplaint(candidate);
  if (ofFolder !== undefined) return ofFolder;
  return allOf([
    complaintOf(candidate, await host.run("haproxy", ["-c", "-f", `${folder}/${config}`])),
    filesComplaint(host.root, file.text),
    await portsComplaint(candidate, bindsOf(file.text)),
  ]);
}

async function activate(change: Change): Promise<readonly UnitAction[]> {
  const { host, units, files } = change;
  const text = files.find(({ path }) => path === config)?.text ?? "";
  const actions: UnitAction[] = [];
  for (const unit of units) {
    const node = change.config?.node;
    const [state] = await unitStates(host, [unit]);
    const worker = state?.active === "active" && node ? await currentWorker(host, node) : undefined;
    const verb = verbFor(unit, change, environment);
    if (verb === "restart" || node === undefined || worker === undefined) {
      actions.push(await refreshUnit(host, unit, verb));
      continue;
    }
    if (await tookCertificate(change)) {
      actions.push({ unit, verb: "updated" });
      continue;
    }
    host.progress(`reloading ${unit}`);
    await writeRoutesMap(change);
    await handOverServerState(host, node, text, () => reload(host, node, worker));
    actions.push({ unit, verb: "reloaded" });
  }
  return actions;
}

/**
 * Whether the edge's certificate is all that has changed, and HAProxy has taken it over without a reload. One that it refuses
 * is left to the reload, which takes the bundle back.
 */
async function tookCertificate({ host, config, paths }: Change): Promise<boolean> {
  const { certificate } = config?.node?.edge ?? {};
  if (certificate === undefined || paths.some((path) => `/${path}` !== certificate.file)) return false;
  host.progress("handing the edge's certificate to haproxy");
  const ran = await host.run(`/${programPath}`, ["certificate"], { timeoutMs: certificateMs });
  if (ran.status !== 0) host.progress(`haproxy has to be reloaded: ${ran.stderr.trim()}`);
  return ran.status === 0;
}

/**
 * The new worker begins with the routes that the agent has on disk: the master's reload runs no command of the unit. A
 * failure is no reason to keep the old configuration, as the agent brings the worker's map up to date by itself.
 */
async function writeRoutesMap({ host, files }: Change): Promise<void> {
  if (!files.some(({ path }) => path === routesConfigPath)) return;
  const ran = await host.run(`/${programPath}`, ["routes-map"], { timeoutMs: routesMapMs });
  if (ran.status !== 0) host.progress(`haproxy's file of routes stays as it was: ${ran.stderr.trim()}`);
}

/** `reload` on the master socket answers when the new worker runs, or why it does not. */
async function reload(host: System, node: Node, oldWorker: number): Promise<void> {
  const answer = await host.ask(node.masterSocket, "reload");
  if (!/^Success=1/m.test(answer)) {
    throw new Error(
      `haproxy refuses the reload and serves on as before:\n  ${answer.trim().replaceAll("\n", "\n  ")}`,
    );
  }
  const still = await until(host, newWorkerMs, async () => {
    const worker = await currentWorker(host, node);
    return worker !== undefined && worker !== oldWorker ? undefined : `worker ${worker ?? "none"}`;
  });
  if (still !== undefined)
    throw new Error(`haproxy has no new worker ${newWorkerMs / 1000} s after the reload (${still})`);
}

/** Process id of the worker behind the Runtime API; undefined when none answers. */
async function currentWorker(host: System, node: Node): Promise<number | undefined> {
  try {
    return factsOf(await host.ask(node.runtimeSocket, "show info")).pid;
  } catch {
    return undefined;
  }
}

/** The ports of PostgreSQL's clients: the main one first, then that for sessions. */
function frontsOf({ pool }: Node) {
  return pool ? [pool, ...(pool.session ? [pool.session] : [])] : [];
}

/** By backend, the key of the config that limits its clients. */
function limitKeys({ pool }: Node): Readonly<Record<string, string>> {
  return {
    ...(pool && { [pool.backend]: "haproxy.maxConnections" }),
    ...(pool?.session && { [pool.session.backend]: "pool.session.maxConnections" }),
  };
}

/** A query through the local haproxy on each port of PostgreSQL's clients. */
async function dataPath(host: System, { node }: AgentConfig, deadlineMs: number): Promise<DataPath> {
  const { proof, session, sharesPool } = node?.pool ?? {};
  if (proof === undefined) return "not asked";
  // A pooler that has let the role in has all server connections in use: its own host proves that they get through.
  const isWaiting = sharesPool && isLateAnswer;
  const ways: readonly Way[] = [
    { login: proof, through: throughPort(proof), port: "main", isWaiting },
    ...(session
      ? [{ login: session.proof, through: throughPort(session.proof), port: "sessions", isWaiting } as const]
      : []),
  ];
  return leastOf(await Promise.all(ways.map((way) => askOn(host, way, deadlineMs))));
}

function throughPort({ port }: SqlLogin): string {
  return `the local haproxy on port ${port}`;
}

async function status(host: System, { node }: AgentConfig): Promise<StatusPart> {
  if (node === undefined) return {};
  return {
    ...(await answered(host, node)),
    warnings: [...folderWarnings(host, node), ...givenUp(host, node)],
  };
}

/** What no daemon has to say: a HAProxy that hangs answers nobody. */
function givenUp(host: System, { virtualAddress }: Node): readonly string[] {
  const file = join(host.root, egressConfigPath);
  if (!existsSync(file) || !isGivenUp(join(host.root, readEgressConfig(file).haproxyTrackFile))) return [];
  return [
    `this node leaves ${virtualAddress} to the others: HAProxy hangs and was restarted too often, or may not be: see journalctl -u hapair -u haproxy; systemctl restart haproxy makes it fit again`,
  ];
}

async function answered(host: System, node: Node): Promise<StatusPart> {
  try {
    const facts = factsOf(await host.ask(node.runtimeSocket, "show info", statusMs));
    const { version, uptimeS, connections } = facts;
    const table = statTable(await host.ask(node.runtimeSocket, "show stat", statusMs));
    const { workers, left, problems } = await allWorkers(host, node);
    const servers = frontsOf(node).flatMap(({ backend }) => serversOf(table, left, backend));
    const known = workers.map((worker) => worker.connections ?? 0);
    const sum = workers.length > 0 ? known.reduce((one, other) => one + other, 0) : connections;
    return {
      node: { haproxy: { version, uptimeS, connections: sum, workers: [...workers] }, servers },
      full: fullHaproxy(facts, table, limitKeys(node)),
      problems,
    };
  } catch (error) {
    return { node: { haproxy: null, servers: [] }, problems: [`haproxy: ${messageOf(error)}`] };
  }
}

/** A master that does not answer leaves the newest worker's own answer. */
async function allWorkers(host: System, { masterSocket }: Node): Promise<Workers> {
  try {
    return await readWorkers({
      ask: (command, timeoutMs) => host.ask(masterSocket, command, timeoutMs),
      monotonicMs: () => host.monotonicMs(),
    });
  } catch (error) {
    return {
      workers: [],
      left: [],
      problems: [`connections of haproxy's older processes: ${messageOf(error)}`],
    };
  }
}

/**
 * The servers of one backend, with the sessions of all processes; those of its `-unchecked` twin are on the same servers.
 * @param table of the process that serves
 * @param left of those that a reload left
 */
export function serversOf(
  table: readonly StatRow[],
  left: readonly StatRow[],
  backend: string,
): NodeStatus["servers"] {
  const backends = [backend, `${backend}-unchecked`];
  const sessionsOn = (name: string): number =>
    [...table, ...left]
      .filter((row) => row.server === name && backends.includes(row.backend))
      .reduce((sum, { sessions }) => sum + sessions, 0);
  return table
    .filter((row) => row.backend === backend && isServer(row))
    .map(({ server, status, check }) => ({
      name: server,
      state: status,
      check,
      sessions: sessionsOn(server),
    }));
}

/** What a haproxy.cfg binds. */
export function bindsOf(text: string): readonly Wanted[] {
  return [...text.matchAll(/^\s*bind\s+(\S+)/gm)]
    .flatMap(([, addresses = ""]) => addresses.split(","))
    .map((address) => ({ address, setting: `bind ${address}` }));
}
