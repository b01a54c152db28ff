import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { messageOf } from "../../../base/failure.ts";
import { readIfThere } from "../../../base/files.ts";
import type { RemoteDatabase } from "../../../contract/agentConfig.ts";
import type { SqlLogin } from "../../host/system.ts";
import type { Candidate } from "../service.ts";

/** Time for one login, in which a name is resolved too. */
const loginMs = 5000;

/** `host:port` */
export function placeOf({ host, port }: RemoteDatabase): string {
  return `${host}:${port}`;
}

/**
 * Why a database that hapair does not make refuses the login of the poolers, in its own words; undefined where it lets
 * them in. A login that is live already is not tried: a database that is down must not block a change of the host.
 */
export async function externalComplaint(candidate: Candidate): Promise<string | undefined> {
  const { host, folder, files, config, live } = candidate;
  const database = config?.pool?.database;
  const login = directLogin(database);
  if (database === undefined || login === undefined) return undefined;
  const { authorityFile = "" } = login.tls ?? {};
  const staged = files.find(({ path }) => `/${path}` === authorityFile);
  const sameAuthority = staged === undefined || readIfThere(join(host.root, staged.path)) === staged.text;
  if (sameAuthority && isDeepStrictEqual(login, directLogin(live?.pool?.database))) return undefined;
  const tls = staged && login.tls ? { ...login.tls, authorityFile: join(folder, staged.path) } : login.tls;
  try {
    await host.query({ ...login, ...(tls && { tls }) }, "select 1", loginMs);
    return undefined;
  } catch (error) {
    return `pool.database.external: ${placeOf(database)} refuses the role ${login.user}: ${messageOf(error).trim()}: ${remedyFor(error)}`;
  }
}

/** A login to the database itself, as the poolers make it; undefined for a database that hapair makes. */
function directLogin(database: RemoteDatabase | undefined): SqlLogin | undefined {
  if (database?.external === undefined) return undefined;
  const { host, port, proof, external } = database;
  const { user, password, database: name } = proof;
  return { host, port, user, password, database: name, ...(external.tls && { tls: external.tls }) };
}

/** What to correct, by PostgreSQL's SQLSTATE or by the error code of Node.js. */
function remedyFor(error: unknown): string {
  const code = String(Object(error).code ?? "");
  const known = remedies.find(([pattern]) => pattern.test(code) || pattern.test(messageOf(error)));
  return known?.[1] ?? "correct its address, port and tls, or the database";
}

const remedies: readonly (readonly [RegExp, string])[] = [
  [
    /^28/,
    "correct pool.database.user and the secret passwords.PAIR.database, or make that role in the database",
  ],
  [/^3D000$/, "correct pool.database.name, or make that database"],
  [/^42501$/, "let the role connect to the database (GRANT CONNECT)"],
  [
    /does not support SSL/,
    "set pool.database.external.tls to off, or make the database encrypt (its setting `ssl`)",
  ],
  [
    /ALTNAME/,
    "set pool.database.external.address to a name or address that its certificate is for, or get it another certificate",
  ],
  [/CERT|SELF_SIGNED|UNABLE_TO/, "set pool.database.external.ca to the authority of its certificate"],
  [
    /^(ENOTFOUND|EAI_|ECONN|EHOST|ENET|ETIMEDOUT)|timeout/,
    "correct its address and port, and let the poolers' hosts through its firewall",
  ],
];
