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
  clients: "the nodes",
  hosts: "the nodes",
};

/** Why the database that the config names for the routes does not let this node in; undefined where it does, or hapair makes that. */
export function routesDatabaseComplaint(candidate: Candidate): Promise<string | undefined> {
  const { host, files } = candidate;
  const staged = files.find(({ path }) => path === routesConfigPath)?.text;
  const live = readIfThere(join(host.root, routesConfigPath));
  return externalComplaint(candidate, loginIn(staged), loginIn(live), words);
}

/** The login in a file of the routes; undefined where there is none, or the file is another version's. */
function loginIn(text: string | undefined): SqlLogin | undefined {
  try {
    return text === undefined ? undefined : loginOf(parseRoutesConfig(text).database);
  } catch {
    // What is wrong with a staged one is told by its own reader.
    return undefined;
  }
}

function loginOf({ external, authorityFile, ...login }: RoutesConfig["database"]): SqlLogin | undefined {
  if (!external) return undefined;
  return { ...login, ...(authorityFile !== undefined && { tls: { authorityFile, name: login.host } }) };
}
