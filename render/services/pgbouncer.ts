import * as z from "zod";
import type { RemoteDatabase } from "../../contract/agentConfig.ts";
import { type PoolerHost, poolersOf, poolersOn, postgresMachineOf } from "../../topology/pool.ts";
import type { Pair, Pool } from "../../topology/topology.ts";
import { lostPeer, openFiles, sqlRoles } from "../paths.ts";
import { lookupSecret, type Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";

export const poolerUnit = (port: number): string => `pgbouncer@${port}.service`;

/** Folder of the Unix sockets of PostgreSQL and the poolers. */
const socketFolder = "/run/postgresql";
const caPath = "etc/pgbouncer/database-ca.pem";
/** The authorities that Debian's ca-certificates trusts. */
const storeOfHost = "/etc/ssl/certs/ca-certificates.crt";

const unitPath = "etc/systemd/system/pgbouncer@.service";
const pooler = template(
  "etc/pgbouncer/pooler.ini",
  z.strictObject({
    host: z.string(),
    address: z.string(),
    port: z.int(),
    peerId: z.int(),
    peers: z.array(z.strictObject({ id: z.int(), host: z.string(), port: z.int() })).min(1),
    /** Address, name or folder of the socket of the database. */
    databaseHost: z.string(),
    databasePort: z.int(),
    /** False where the user list has every login. */
    lookupUser: z.union([z.literal(false), z.string()]),
    tls: z.union([
      z.literal(false),
      z.strictObject({ mode: z.string(), caFile: z.union([z.literal(false), z.string()]) }),
    ]),
    /** Whether the database is named, so that it may lead elsewhere later. */
    named: z.boolean(),
    mode: z.string(),
    maxClientConnections: z.int(),
    size: z.int(),
    lostPeer: z.strictObject({
      idleS: z.int(),
      intervalS: z.int(),
      count: z.int(),
      timeoutMs: z.int(),
    }),
  }),
);

const userlist = template(
  "etc/pgbouncer/userlist.txt",
  z.strictObject({ users: z.array(z.strictObject({ name: z.string(), password: z.string() })) }),
);
const unit = template(unitPath, z.strictObject({ openFiles: z.int() }));

/** A config for each pooler of a host, their user list, and the unit of which each pooler is an instance. */
export function pgbouncerFiles(pair: Pair, host: PoolerHost, secrets: Secrets) {
  const { pool } = pair;
  if (!pool) return [];
  const { maxClientConnections } = pool;
  const { external } = pool.database;
  const asPostgres = { mode: "0640", owner: "postgres", group: "postgres" };
  // Those of the port for sessions are peers too: a cancel request reaches its query whichever port it came by.
  const peers = poolersOf(pair).map(({ peerId, port, address, host: name }) => ({
    id: peerId,
    host: name === host.name ? socketFolder : address,
    port,
  }));
  const remote = remoteDatabase(pool, host);
  return [
    ...poolersOn(pair, host.name).map(({ peerId, port, address, mode, size }) => {
      const text = pooler({
        host: host.name,
        address,
        port,
        peerId,
        peers,
        databaseHost: remote?.host ?? socketFolder,
        databasePort: remote?.port ?? pool.postgres.port,
        lookupUser: external === undefined && sqlRoles.lookup,
        tls: external !== undefined && serverTls(external),
        named: external !== undefined && !/^[\d.]+$/.test(external.address),
        mode,
        maxClientConnections,
        size,
        lostPeer,
      });
      return file(`etc/pgbouncer/${port}.ini`, text, asPostgres);
    }),
    file("etc/pgbouncer/userlist.txt", userlist({ users: usersOf(pool, host, secrets) }), asPostgres),
    ...(external?.ca === undefined ? [] : [file(caPath, `${external.ca.trimEnd()}\n`)]),
    file(unitPath, unit({ openFiles })),
  ];
}

type External = NonNullable<Pool["database"]["external"]>;

function serverTls({ tls, ca }: External) {
  const sslModes = { "verify-full": "verify-full", require: "require", off: "disable" } as const;
  return { mode: sslModes[tls], caFile: tls === "verify-full" && caFileOf(ca) };
}

function caFileOf(ca: string | undefined): string {
  return ca === undefined ? storeOfHost : `/${caPath}`;
}

/** Where the database of a host's poolers is; undefined where it is on that host. */
function remoteDatabase(pool: Pool, host: PoolerHost): { host: string; port: number } | undefined {
  const { external } = pool.database;
  if (external) return { host: external.address, port: external.port };
  const postgres = postgresMachineOf(pool);
  if (!postgres || postgres.name === host.name) return undefined;
  return { host: postgres.address, port: pool.postgres.port };
}

/** PgBouncer doubles a quote in its user list. */
function usersOf(pool: Pool, host: PoolerHost, secrets: Secrets) {
  const user = (name: string, password: string) => ({ name, password: password.replaceAll('"', '""') });
  const { external, user: application } = pool.database;
  return [
    user(sqlRoles.check, ""),
    ...(external ? [user(application, secrets.database.text)] : []),
    ...(!external && remoteDatabase(pool, host) ? [user(sqlRoles.lookup, lookupSecret(secrets).text)] : []),
  ];
}

/** The login that proves that a query gets through. hapair has no role of its own in an external database. */
export function proofLogin({ database }: Pool, secrets: Secrets) {
  const login = database.external
    ? { user: database.user, password: secrets.database.text }
    : { user: sqlRoles.probe, password: secrets.probe.text };
  return { ...login, database: database.name };
}

/** The database of a host's poolers, for the agent; undefined where it is on that host. */
export function proofDatabase(
  { pool }: Pair,
  host: PoolerHost,
  secrets: Secrets,
): RemoteDatabase | undefined {
  const remote = pool && remoteDatabase(pool, host);
  if (!remote) return undefined;
  const { external } = pool.database;
  return {
    ...remote,
    proof: { host: host.address, ...proofLogin(pool, secrets) },
    ...(external && { external: { tls: external.tls, caFile: caFileOf(external.ca) } }),
  };
}
