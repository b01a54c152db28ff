import { join } from "node:path";
import { readIfThere } from "../../base/files.ts";
import { type RoutesConfig, routesConfigPath } from "../../contract/routesConfig.ts";
import { parseRoutesConfig } from "../daemon/config.ts";
import type { SqlLogin } from "../host/system.ts";
import { externalComplaint } from "./externalDatabase.ts";
import type { Candidate } from "./service.ts";

const words = {
  section: "routes.database",
  role: "routes.database.user",
  name: "routes.database.name",
  secret: "routes.PAIR.database",
  encrypted: "verify-full",
  clients: "the nodes",
  hosts: "the nodes",
};

/** Why the database that the config names for the routes does not let this node in; undefined where it does, or hapair makes that. */
export function routesDatabaseComplaint(candidate: Candidate): Promise<string | undefined> {
  const { host, files } = candidate;
  const staged = databaseIn(files.find(({ path }) => path === routesConfigPath)?.text);
  // Bundles of older versions do not say whose the database is.
  const live = databaseIn(readIfThere(join(host.root, routesConfigPath)));
  const login = staged?.external ? loginOf(staged) : undefined;
  return externalComplaint(candidate, login, live && loginOf(live), words);
}

/** The database in a file of the routes; undefined where there is none, or the file is another version's. */
function databaseIn(text: string | undefined): RoutesConfig["database"] | undefined {
  try {
    return text === undefined ? undefined : parseRoutesConfig(text).database;
  } catch {
    // What is wrong with a staged one is told by its own reader.
    return undefined;
  }
}

function loginOf({ external: _, authorityFile, ...login }: RoutesConfig["database"]): SqlLogin {
  return { ...login, ...(authorityFile !== undefined && { tls: { authorityFile, name: login.host } }) };
}
