import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { messageOf } from "../../base/failure.ts";
import { readIfThere } from "../../base/files.ts";
import type { SqlLogin } from "../host/system.ts";
import type { Candidate } from "./service.ts";

/** Time for one login, in which a name is resolved too. */
const loginMs = 5000;

/** What the stack's config calls the parts of such a login, and who makes it. */
export interface ExternalWords {
  /** Key of the section with its address, port, tls and ca. */
  readonly section: string;
  /** Keys of the role, the database's name and the password. */
  readonly role: string;
  readonly name: string;
  readonly secret: string;
  /** The values of `tls` with which the login is encrypted. */
  readonly encrypted: string;
  /** Who logs in, and from which hosts. */
  readonly clients: string;
  readonly hosts: string;
}

/**
 * Why a database that hapair does not make does not let a bundle's daemons in, in its own words; undefined where it does. A
 * login that is live already is not tried: a database that is down must not block a change of the host.
 */
export async function externalComplaint(
  { host, folder, files }: Pick<Candidate, "host" | "folder" | "files">,
  login: SqlLogin | undefined,
  live: SqlLogin | undefined,
  words: ExternalWords,
): Promise<string | undefined> {
  if (login === undefined) return undefined;
  const { authorityFile = "" } = login.tls ?? {};
  const staged = files.find(({ path }) => `/${path}` === authorityFile);
  const sameAuthority = staged === undefined || readIfThere(join(host.root, staged.path)) === staged.text;
  if (sameAuthority && isDeepStrictEqual(login, live)) return undefined;
  const tls = staged && login.tls ? { ...login.tls, authorityFile: join(folder, staged.path) } : login.tls;
  try {
    await host.query({ ...login, ...(tls && { tls }) }, "select 1", loginMs);
    return undefined;
  } catch (error) {
    const [found, remedy] = faultOf(error, login.user, words);
    return `${words.section}: ${placeOf(login)} ${found}: ${messageOf(error).trim()}: ${remedy}`;
  }
}

/** `host:port` */
export function placeOf({ host, port }: Pick<SqlLogin, "host" | "port">): string {
  return `${host}:${port}`;
}

type Fault = readonly [found: string, remedy: string];

/** What is wrong and what to correct, by PostgreSQL's SQLSTATE, the error code of Node.js, or the words. */
function faultOf(error: unknown, user: string, words: ExternalWords): Fault {
  const code = String(Object(error).code ?? "");
  const known = faults(user, words).find(([pattern]) => pattern.test(code) || pattern.test(messageOf(error)));
  if (known === undefined)
    return [`does not let the role ${user} in`, "correct its address, port and tls, or the database"];
  const [, found, remedy] = known;
  return [found, remedy];
}

function faults(
  user: string,
  { section, role, name, secret, encrypted, clients, hosts }: ExternalWords,
): readonly (readonly [RegExp, ...Fault])[] {
  const refuses = `refuses the role ${user}`;
  const untrusted = `shows a certificate that ${clients} do not accept`;
  return [
    [
      /pg_hba\.conf.*no encryption/,
      refuses,
      `set ${section}.tls to ${encrypted}, or let ${hosts} in without TLS in its pg_hba.conf`,
    ],
    [/pg_hba\.conf/, refuses, `let the role and ${hosts} in by its pg_hba.conf`],
    [/^28/, refuses, `correct ${role} and the secret ${secret}, or make that role in the database`],
    [/^3D000$/, refuses, `correct ${name}, or make that database`],
    [/^53300$/, refuses, "let it have more connections (CONNECTION LIMIT, max_connections)"],
    [/^42501$/, refuses, "let the role connect to the database (GRANT CONNECT)"],
    [
      /does not support SSL/,
      "does not encrypt",
      `set ${section}.tls to off, or make the database encrypt (its setting \`ssl\`)`,
    ],
    [
      /ALTNAME/,
      untrusted,
      `set ${section}.address to a name or address that its certificate is for, or get it another certificate`,
    ],
    [
      /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/,
      untrusted,
      "renew the database's certificate, or that of its authority, or correct the clock of this host",
    ],
    [/CERT|SELF_SIGNED|UNABLE_TO/, untrusted, `set ${section}.ca to the authority of its certificate`],
    [
      /^(ENOTFOUND|EAI_|ECONN|EHOST|ENET|ETIMEDOUT)|timeout/,
      "does not answer",
      `correct its address and port, and let ${hosts} through its firewall`,
    ],
  ];
}
