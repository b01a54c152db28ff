import { messageOf } from "../../base/failure.ts";
import type { AgentConfig } from "../../contract/agentConfig.ts";
import type { BundleFile } from "../../contract/bundle.ts";
import { reachable } from "../host/network.ts";
import { type System, until } from "../host/system.ts";
import { lastWords } from "../host/systemctl.ts";
import { fullPooler, poolerQuestions } from "../limits/pgbouncer.ts";
import { inConsole } from "./pgbouncerConsole.ts";
import type { Candidate, Change, Service, StatusPart, UnitAction } from "./service.ts";
import { refreshUnit } from "./service.ts";

const listenMs = 5000;
/** One pooler's answers for the status. */
const statusMs = 3000;

/** The poolers: `etc/pgbouncer/6432.ini` is read by `pgbouncer@6432.service`, any other file by all of them. */
export const pgbouncer: Service = {
  name: "pgbouncer",
  owns: (path) => path.startsWith("etc/pgbouncer/"),
  runs: (unit) => /^pgbouncer@.+\.service$/.test(unit),
  complaint,
  activate,
  prove,
  status,
};

/**
 * PgBouncer has no checker, but it reads its whole configuration before it refuses to run as root (`-u` overrides a
 * `user` in the file), and then exits.
 */
async function complaint({ host, folder, files }: Candidate): Promise<string | undefined> {
  for (const { path } of files.filter(
    (file) => pgbouncer.owns(file.path, undefined) && file.path.endsWith(".ini"),
  )) {
    const { stdout, stderr } = await host.run("pgbouncer", ["-u", "root", `${folder}/${path}`]);
    const faults = `${stdout}\n${stderr}`.split("\n").filter((line) => line.includes(" ERROR "));
    if (faults.length > 0)
      return faults.map((line) => line.replace(/^.* ERROR /, "").replaceAll(folder, "")).join("\n");
  }
  return undefined;
}

async function activate({
  host,
  files,
  before,
  paths,
  units,
  restart,
}: Change): Promise<readonly UnitAction[]> {
  const actions: UnitAction[] = [];
  // One after another: the others keep serving while one restarts.
  for (const unit of units) {
    const own = `etc/pgbouncer/${unit.replace(/^pgbouncer@|\.service$/g, "")}.ini`;
    const concerned = paths.some((path) => path === own || !path.endsWith(".ini"));
    if (!concerned && !restart.has(unit)) continue;
    const restarts = restart.has(unit) || fixedSettings(own, before) !== fixedSettings(own, files);
    actions.push(await refreshUnit(host, unit, restarts ? "restart" : "reload"));
  }
  return actions;
}

/** Settings that `RELOAD` leaves as they are ("changeable: no" in `SHOW CONFIG`). */
const fixed =
  /^\s*(listen_addr|listen_port|listen_backlog|unix_socket_dir|unix_socket_mode|unix_socket_group|pidfile|user|so_reuseport|peer_id|resolv_conf|max_packet_size|pkt_buf|conffile|job_name|service_name|track_extra_parameters)\s*=/;

function fixedSettings(path: string, files: readonly BundleFile[]): string {
  const text = files.find((file) => file.path === path)?.text ?? "";
  return text
    .split("\n")
    .filter((line) => fixed.test(line))
    .map((line) => line.replaceAll(" ", ""))
    .sort()
    .join("\n");
}

/** A pooler that runs but does not listen carries no query. */
async function prove(host: System, { pool }: AgentConfig): Promise<void> {
  for (const { unit, port } of pool?.poolers ?? []) {
    const problem = await until(host, listenMs, async () =>
      (await reachable(host, port)) ? undefined : `${unit} accepts no connections on port ${port}`,
    );
    if (problem !== undefined) throw new Error(`${problem}\n${await lastWords(host, unit)}`);
  }
}

async function status(host: System, { pool }: AgentConfig): Promise<StatusPart> {
  if (pool === undefined) return {};
  const asked = await Promise.all(
    pool.poolers.map(async ({ unit, port, forSessions = false }) => {
      const accepts = await reachable(host, port);
      const limits = accepts ? await limitsOf(host, port) : {};
      return { pooler: { unit, port, forSessions, reachable: accepts }, ...limits };
    }),
  );
  return {
    pool: { poolers: asked.map(({ pooler }) => pooler) },
    full: asked.flatMap(({ full = [] }) => full),
    problems: asked.flatMap(({ problem }) => problem ?? []),
  };
}

async function limitsOf(
  host: System,
  port: number,
): Promise<{ readonly full?: readonly string[]; readonly problem?: string }> {
  try {
    return {
      full: fullPooler(port, await inConsole(host, port, poolerQuestions, { timeoutMs: statusMs })),
    };
  } catch (error) {
    const reason = messageOf(error).replace(/\s*\n\s*/g, " ");
    return { problem: `whether the pooler on port ${port} is full is unknown: ${reason}` };
  }
}
