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
 * Why a database that hapair does not make does not let the poolers in, in its own words; undefined where it does. A login
 * that is live already is not tried: a database that is down must not block a change of the host.
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
    const { found, remedy } = faultOf(error, login.user);
    return `pool.database.external: ${placeOf(database)} ${found}: ${messageOf(error).trim()}: ${remedy}`;
  }
}

/** A login to the database itself, as the poolers make it; undefined for a database that hapair makes. */
function directLogin(database: RemoteDatabase | undefined): SqlLogin | undefined {
  if (database?.external === undefined) return undefined;
  const { host, port, proof, external } = database;
  const { user, password, database: name } = proof;
  return { host, port, user, password, database: name, ...(external.tls && { tls: external.tls }) };
}

interface Fault {
  readonly found: string;
  readonly remedy: string;
}

/** What is wrong and what to correct, by PostgreSQL's SQLSTATE, the error code of Node.js, or the words. */
function faultOf(error: unknown, role: string): Fault {
  const code = String(Object(error).code ?? "");
  const known = faults.find(([pattern]) => pattern.test(code) || pattern.test(messageOf(error)));
  const [, found, remedy] = known ?? [
    undefined,
    "does not let the role ROLE in",
    "correct its address, port and tls, or the database",
  ];
  return { found: found.replace("ROLE", () => role), remedy };
}

const refuses = "refuses the role ROLE";
const untrusted = "shows a certificate that the poolers do not accept";

const faults: readonly (readonly [pattern: RegExp, found: string, remedy: string])[] = [
  [
    /pg_hba\.conf.*no encryption/,
    refuses,
    "set pool.database.external.tls to verify-full or require, or let the poolers' hosts in without TLS in its pg_hba.conf",
  ],
  [/pg_hba\.conf/, refuses, "let the role and the poolers' hosts in by its pg_hba.conf"],
  [
    /^28/,
    refuses,
    "correct pool.database.user and the secret passwords.PAIR.database, or make that role in the database",
  ],
  [/^3D000$/, refuses, "correct pool.database.name, or make that database"],
  [/^42501$/, refuses, "let the role connect to the database (GRANT CONNECT)"],
  [
    /does not support SSL/,
    "does not encrypt",
    "set pool.database.external.tls to off, or make the database encrypt (its setting `ssl`)",
  ],
  [
    /ALTNAME/,
    untrusted,
    "set pool.database.external.address to a name or address that its certificate is for, or get it another certificate",
  ],
  [
    /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
    untrusted,
    "renew the database's certificate, or that of its authority, or correct the clock of this host",
  ],
  [
    /CERT|SELF_SIGNED|UNABLE_TO/,
    untrusted,
    "set pool.database.external.ca to the authority of its certificate",
  ],
  [
    /^(ENOTFOUND|EAI_|ECONN|EHOST|ENET|ETIMEDOUT)|timeout/,
    "does not answer",
    "correct its address and port, and let the poolers' hosts through its firewall",
  ],
];
