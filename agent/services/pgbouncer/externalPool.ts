import type { RemoteDatabase } from "../../../contract/agentConfig.ts";
import type { SqlLogin } from "../../host/system.ts";
import { externalComplaint } from "../externalDatabase.ts";
import type { Candidate } from "../service.ts";

const words = {
  section: "pool.database.external",
  role: "pool.database.user",
  name: "pool.database.name",
  secret: "passwords.PAIR.database",
  encrypted: "verify-full or require",
  clients: "the poolers",
  hosts: "the poolers' hosts",
};

/** Why the pool's external database does not let the poolers in; undefined where it does, or hapair makes that. */
export function poolComplaint(candidate: Candidate): Promise<string | undefined> {
  const { config, live } = candidate;
  const [login, before] = [config, live].map((one) => directLogin(one?.pool?.database));
  return externalComplaint(candidate, login, before, words);
}

/** A login to the database itself, as the poolers make it; undefined for a database that hapair makes. */
function directLogin(database: RemoteDatabase | undefined): SqlLogin | undefined {
  if (database?.external === undefined) return undefined;
  const { host, port, proof, external } = database;
  const { user, password, database: name } = proof;
  return { host, port, user, password, database: name, ...(external.tls && { tls: external.tls }) };
}
