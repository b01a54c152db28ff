import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { AgentConfig } from "../../contract/agentConfig.ts";
import type { BundleFile } from "../../contract/bundle.ts";
import { reachable } from "../host/network.ts";
import { type System, until } from "../host/system.ts";
import { lastWords } from "../host/systemctl.ts";
import type { Candidate, Change, Service, StatusPart, UnitAction } from "./service.ts";
import { refreshUnit } from "./service.ts";

const listenMs = 5000;

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
 * `user` in the file), and then exits. It gets a copy that names the staged key and certificate in place of the live
 * ones.
 */
async function complaint({ host, folder, files }: Candidate): Promise<string | undefined> {
  const copies = mkdtempSync(join(tmpdir(), "hapair-pgbouncer-"));
  try {
    for (const { path, text } of files.filter(
      (file) => pgbouncer.owns(file.path, undefined) && file.path.endsWith(".ini"),
    )) {
      const copy = join(copies, basename(path));
      writeFileSync(copy, text.replaceAll(/^(client_tls_\w+_file = )/gm, `$1${folder}`), { mode: 0o600 });
      const { stdout, stderr } = await host.run("pgbouncer", ["-u", "root", copy]);
      const faults = `${stdout}\n${stderr}`.split("\n").filter((line) => line.includes(" ERROR "));
      if (faults.length > 0)
        return faults
          .map((line) =>
            line
              .replace(/^.* ERROR /, "")
              .replaceAll(copy, `/${path}`)
              .replaceAll(folder, ""),
          )
          .join("\n");
    }
    return undefined;
  } finally {
    rmSync(copies, { recursive: true, force: true });
  }
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
  const poolers = pool.poolers.map(async ({ unit, port }) => ({
    unit,
    port,
    reachable: await reachable(host, port),
  }));
  return { pool: { poolers: await Promise.all(poolers) } };
}
