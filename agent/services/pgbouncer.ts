import type { AgentConfig } from "../../contract/agentConfig.ts";
import type { BundleFile } from "../../contract/bundle.ts";
import { fixedSettings } from "../../contract/fixedSettings.ts";
import { reachable } from "../host/network.ts";
import { type System, until } from "../host/system.ts";
import { lastWords } from "../host/systemctl.ts";
import { askOn, type DataPath, leastOf } from "./dataPath.ts";
import { placeOf } from "./externalDatabase.ts";
import { poolersComplaint } from "./pgbouncer/complaint.ts";
import { waitsIn } from "./pgbouncer/fullPool.ts";
import { poolersStatus } from "./pgbouncer/status.ts";
import { type Change, refreshUnit, type Service, type UnitAction } from "./service.ts";

const listenMs = 5000;

/** The poolers: `etc/pgbouncer/6432.ini` is read by `pgbouncer@6432.service`, any other file by all of them. */
export const pgbouncer: Service = {
  name: "pgbouncer",
  complaint: poolersComplaint,
  activate,
  prove,
  dataPath,
  status: poolersStatus,
};

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
    const restarts = restart.has(unit) || fixedSettingsOf(own, before) !== fixedSettingsOf(own, files);
    actions.push(await refreshUnit(host, unit, restarts ? "restart" : "reload"));
  }
  return actions;
}

function fixedSettingsOf(path: string, files: readonly BundleFile[]): string {
  return fixedSettings("pgbouncer", files.find((file) => file.path === path)?.text ?? "");
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

/** Asks a database on another host through each pooler of this host: that the poolers run does not prove that it answers. */
async function dataPath(host: System, { pool }: AgentConfig, deadlineMs: number): Promise<DataPath> {
  const { poolers = [], database } = pool ?? {};
  if (database === undefined) return "not asked";
  const asked = poolers.map(({ unit, port, forSessions }) => {
    const login = { ...database.proof, port };
    const through = `${unit} to the database ${placeOf(database)}`;
    const way = { login, through, port: forSessions ? "sessions" : "main" } as const;
    return askOn(host, { ...way, isWaiting: waitsIn(host, port, database) }, deadlineMs);
  });
  return leastOf(await Promise.all(asked));
}
