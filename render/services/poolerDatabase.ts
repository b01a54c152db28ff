import type { RemoteDatabase } from "../../contract/agentConfig.ts";
import { isAddress } from "../../topology/ip.ts";
import { type PoolerHost, postgresMachineOf } from "../../topology/pool.ts";
import { publicAuthorities } from "../../topology/schema/tls.ts";
import type { Pair, Pool } from "../../topology/topology.ts";
import { certificatePaths, socketFolder, sqlRoles } from "../paths.ts";
import { certificateOf, lookupSecret, type Secrets } from "../secrets.ts";
import { file } from "../template.ts";
import { authorityIn, proofTls } from "./sqlTls.ts";

/** The database behind the poolers of a host: a PostgreSQL on that host, on another one, or an external one. */

type External = NonNullable<Pool["database"]["external"]>;

const { database: authorityPath } = certificatePaths;
const sslModes = { "verify-full": "verify-full", require: "require", off: "disable" } as const;

/** How PgBouncer finds and logs in to the database. */
export function poolerDatabase(pool: Pool, host: PoolerHost) {
  const { external } = pool.database;
  const remote = remoteDatabase(pool, host);
  const tls = external?.tls ?? "verify-full";
  return {
    databaseHost: remote?.host ?? socketFolder,
    databasePort: remote?.port ?? pool.postgres.port,
    lookupUser: external === undefined && sqlRoles.lookup,
    serverTls: remote !== undefined && {
      mode: sslModes[tls],
      authorityFile: tls === "verify-full" && (external ? authorityOf(external) : `/${authorityPath}`),
    },
    named: external !== undefined && !isAddress(external.address),
  };
}

/** The authority of the database's certificate; none on the database's own host, or where that is a public one. */
export function databaseAuthority(pool: Pool, host: PoolerHost, secrets: Secrets) {
  if (!remoteDatabase(pool, host)) return [];
  const { external } = pool.database;
  const authority = external ? external.ca : authorityIn(certificateOf(secrets, "postgres"));
  return authority === undefined ? [] : [file(authorityPath, `${authority.trimEnd()}\n`)];
}

/** The logins that the poolers' user list has. PgBouncer doubles a quote in it. */
export function usersOf(pool: Pool, host: PoolerHost, secrets: Secrets) {
  const quoted = (text: string) => text.replaceAll('"', '""');
  const user = (name: string, password: string) => ({ name: quoted(name), password: quoted(password) });
  const { external, user: application } = pool.database;
  return [
    ...(external ? [user(application, secrets.database.text)] : []),
    ...(!external && remoteDatabase(pool, host) ? [user(sqlRoles.lookup, lookupSecret(secrets).text)] : []),
  ];
}

/**
 * The login that proves that a query gets through a pooler, as a client of the pair. hapair has no role of its own in an
 * external database.
 */
export function proofLogin(pair: Pair, pool: Pool, secrets: Secrets) {
  const { database } = pool;
  const login = database.external
    ? { user: database.user, password: secrets.database.text }
    : { user: sqlRoles.probe, password: secrets.probe.text };
  return { ...login, database: database.name, ...proofTls(pair) };
}

/** The database of a host's poolers, for the agent; undefined where it is on that host. */
export function proofDatabase(pair: Pair, host: PoolerHost, secrets: Secrets): RemoteDatabase | undefined {
  const { pool } = pair;
  const remote = pool && remoteDatabase(pool, host);
  if (!remote) return undefined;
  const { external } = pool.database;
  return {
    ...remote,
    proof: { host: host.address, ...proofLogin(pair, pool, secrets) },
    ...(external && { external: externalTls(external) }),
  };
}

/** Where the database of a host's poolers is; undefined where it is on that host. */
export function remoteDatabase(pool: Pool, host: PoolerHost): { host: string; port: number } | undefined {
  const { external } = pool.database;
  if (external) return { host: external.address, port: external.port };
  const postgres = postgresMachineOf(pool);
  if (!postgres || postgres.name === host.name) return undefined;
  return { host: postgres.address, port: pool.postgres.port };
}

function externalTls(external: External): NonNullable<RemoteDatabase["external"]> {
  if (external.tls === "off") return {};
  const authority = external.tls === "verify-full" ? { authorityFile: authorityOf(external) } : {};
  return { tls: { name: external.address, ...authority } };
}

function authorityOf({ ca }: External): string {
  return ca === undefined ? publicAuthorities : `/${authorityPath}`;
}
