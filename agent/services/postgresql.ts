import type { Wanted } from "../../base/listeners.ts";
import type { AgentConfig } from "../../contract/agentConfig.ts";
import { readMemory } from "../host/resources.ts";
import { type Ran, type RunOptions, type System, until } from "../host/system.ts";
import { connectionsQuery, fullPostgresql, tooLargeForMemory } from "../limits/postgresql.ts";
import { allOf, portsComplaint } from "./ports.ts";
import type { Candidate, Change, Service, StatusPart, UnitAction } from "./service.ts";
import { complaintOf, refreshUnit } from "./service.ts";

const settings = /^etc\/postgresql\/(\d+)\/([^/]+)\/(?:conf\.d\/[^/]+\.conf|postgresql\.conf)$/;

/** Time for the postmaster to read its files again. */
const loadedMs = 5000;
/** Time for the simplest query; a frozen PostgreSQL accepts connections and does not answer. */
const answerMs = 5000;

/** setpriv becomes the command itself; runuser would stay as its parent, and a deadline would kill runuser alone. */
const asUser = ["--reuid=postgres", "--regid=postgres", "--init-groups", "--"];

export const postgresql: Service = {
  name: "postgresql",
  complaint,
  activate,
  status,
};

/**
 * `postgres -C` parses a whole settings file and names the line it does not understand. It does not look whether the
 * memory is there.
 */
async function complaint(candidate: Candidate): Promise<string | undefined> {
  const { host, folder } = candidate;
  const complaints: (string | undefined)[] = [];
  for (const { path, text } of candidate.files) {
    const [, version, cluster] = settings.exec(path) ?? [];
    if (version === undefined || cluster === undefined) continue;
    const postgres = `/usr/lib/postgresql/${version}/bin/postgres`;
    const at = ["-D", `/var/lib/postgresql/${version}/${cluster}`, "-c", `config_file=${folder}/${path}`];
    const read = (key: string) => asPostgres(host, [postgres, "-C", key, ...at]);
    const buffers = await read("shared_buffers");
    const found = complaintOf(candidate, buffers);
    complaints.push(found, await portsComplaint(candidate, postgresListeners(path, text)));
    if (found !== undefined) continue;
    const { stdout: connections } = await read("max_connections");
    const tooLarge = tooLargeForMemory(
      Number(buffers.stdout),
      Number(connections),
      readMemory(host.root).total,
    );
    complaints.push(tooLarge);
  }
  return allOf(complaints);
}

/** Where a text of settings has PostgreSQL listen. */
export function postgresListeners(path: string, text: string): readonly Wanted[] {
  const of = (setting: string) =>
    new RegExp(`^${setting}\\s*=\\s*'?([^'#\\n]*)`, "m").exec(text)?.[1]?.trim() ?? "";
  const port = of("port");
  if (port === "") return [];
  return of("listen_addresses")
    .split(/\s*,\s*/)
    .flatMap((host) => (host === "localhost" ? ["127.0.0.1", "[::1]"] : [host]))
    .map((host) => ({ address: `${host}:${port}`, setting: `/${path}: port = ${port} on ${host}` }));
}

async function status(host: System, { pool }: AgentConfig): Promise<StatusPart> {
  if (pool?.postgresUnit === undefined) return {};
  const { status, stdout, stderr } = await askShortly(host, connectionsQuery);
  const postgres = status === 0;
  return { pool: { postgres }, full: fullPostgresql(postgres ? stdout : stderr) };
}

async function activate({
  host,
  config,
  files,
  paths,
  units,
  restart,
}: Change): Promise<readonly UnitAction[]> {
  const actions: UnitAction[] = [];
  const rolesFile = config?.pool?.rolesFile;
  const settingsChanged = paths.some((path) => path !== rolesFile);
  for (const unit of units) {
    if (restart.has(unit)) actions.push(await refreshUnit(host, unit, "restart"));
    else if (settingsChanged) actions.push(...(await reload(host, unit)));
    else if (!(await answers(host))) actions.push(await refreshUnit(host, unit, "reload"));
  }
  const roles = files.find(({ path }) => path === rolesFile);
  if (roles !== undefined && paths.includes(roles.path)) await applyRoles(host, roles.path, roles.text);
  return actions;
}

/** Refuses rules that PostgreSQL cannot read, reloads, and restarts where a changed setting needs it. */
async function reload(host: System, unit: string): Promise<readonly UnitAction[]> {
  if (!(await answers(host))) return [await refreshUnit(host, unit, "reload")];
  const faults = await psql(
    host,
    `select file_name || ':' || line_number || ': ' || error from pg_hba_file_rules where error is not null
     union all select sourcefile || ':' || sourceline || ': ' || name || ': ' || error from pg_file_settings
     where error is not null and error <> 'setting could not be applied'`,
  );
  if (faults !== "")
    throw new Error(`PostgreSQL refuses its configuration:\n  ${faults.replaceAll("\n", "\n  ")}`);
  const loaded = "select pg_conf_load_time()";
  const before = await psql(host, loaded);
  const action = await refreshUnit(host, unit, "reload");
  // The signal arrives asynchronously; only after it are settings marked that need a restart.
  const still = await until(host, loadedMs, async () =>
    (await psql(host, loaded)) === before ? "not yet" : undefined,
  );
  if (still !== undefined)
    throw new Error(`PostgreSQL has not read its files ${loadedMs / 1000} s after the reload`);
  const pending = await psql(host, "select string_agg(name, ', ') from pg_settings where pending_restart");
  if (pending === "") return [action];
  host.progress(`${pending}: only a restart takes this over`);
  return [await refreshUnit(host, unit, "restart")];
}

/** Makes the roles what the bundle's SQL says, once PostgreSQL answers. Throws with its own words. */
export async function applyRoles(host: System, path: string, sql: string): Promise<void> {
  host.progress("setting up the roles");
  const down = await until(host, 20_000, async () => ((await answers(host)) ? undefined : "no answer"));
  if (down !== undefined) throw new Error(`PostgreSQL does not answer on its local socket within 20 s`);
  // By stdin, and at a verbosity at which psql repeats no statement: the text holds password verifiers.
  const script = `\\set VERBOSITY terse\n\\set ECHO none\n${sql}`;
  const { status, stderr } = await asPostgres(
    host,
    ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "-"],
    { input: script },
  );
  if (status !== 0) throw new Error(`/${path}: ${stderr.trim()}`);
}

/** Whether PostgreSQL answers on its local socket. */
async function answers(host: System): Promise<boolean> {
  return (await askShortly(host, "select 1")).status === 0;
}

/** Asks on the local socket; one that does not answer in time has failed. */
function askShortly(host: System, sql: string): Promise<Ran> {
  return asPostgres(host, ["psql", "-XAtqc", sql], { timeoutMs: answerMs });
}

async function psql(host: System, sql: string): Promise<string> {
  const { status, stdout, stderr } = await asPostgres(
    host,
    ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-f", "-"],
    { input: sql },
  );
  if (status !== 0) throw new Error(`PostgreSQL does not answer: ${stderr.trim()}`);
  return stdout.trim();
}

/** Runs a command as the system user of PostgreSQL and the poolers. */
export function asPostgres(host: System, command: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return host.run("setpriv", [...asUser, ...command], options);
}
