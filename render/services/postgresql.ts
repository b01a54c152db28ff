import * as z from "zod";
import { postgresMachineOf, remotePoolerHostsOf } from "../../topology/pool.ts";
import type { Pair, Pool } from "../../topology/topology.ts";
import { certificatePaths, lostPeer, sqlRoles } from "../paths.ts";
import { certificateOf, lookupSecret, type Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";
import { certificateFiles, tlsParameters } from "./sqlTls.ts";

/** Debian's name of the cluster's unit. */
export const postgresUnit = "postgresql@17-main.service";
/** SQL that creates the roles, relative to `/`. */
export const rolesFile = "etc/hapair/roles.sql";

const dropInPath = `etc/systemd/system/${postgresUnit}.d/hapair.conf`;
/** Where the cluster's own files are, relative to `/`. */
export const clusterFolder = "etc/postgresql/17/main";
/** What PostgreSQL shows the poolers on other hosts, relative to `/`. */
const shown = { keyFile: `${clusterFolder}/hapair.key`, certificateFile: certificatePaths.postgres };

const settings = template(
  `${clusterFolder}/conf.d/hapair.conf`,
  z.strictObject({
    host: z.string(),
    listenAddresses: z.string(),
    port: z.int(),
    maxConnections: z.int(),
    sharedBuffersMb: z.int(),
    keepaliveIdleS: z.int(),
    /** How a pooler's host that is lost is found out; false where no pooler is on another host. */
    lostPeer: z.union([
      z.literal(false),
      z.strictObject({ idleS: z.int(), intervalS: z.int(), count: z.int(), timeoutMs: z.int() }),
    ]),
    /** Paths, absolute; false where no pooler is on another host. */
    tls: z.union([z.literal(false), z.strictObject({ keyFile: z.string(), certificateFile: z.string() })]),
  }),
);
const hba = template(
  `${clusterFolder}/pg_hba.conf`,
  z.strictObject({
    host: z.string(),
    /** Networks of the poolers on other hosts, and of clients without the pair. */
    poolers: z.array(z.string()),
    directClients: z.array(z.string()),
  }),
);
const ident = template(`${clusterFolder}/pg_ident.conf`, z.strictObject({}));
const roles = template(
  rolesFile,
  z.strictObject({
    roles: z.array(z.strictObject({ name: z.string(), verifier: z.string() })),
    lookupUser: z.string(),
    database: z.string(),
    user: z.string(),
  }),
);
const dropIn = template(dropInPath, z.strictObject({ listensOnNetwork: z.boolean() }));

/** PostgreSQL's settings, its authentication rules, the roles, and the drop-in of its unit. */
export function postgresqlFiles(pair: Pair, secrets: Secrets) {
  const { pool } = pair;
  const machine = postgresMachineOf(pool);
  if (!pool || !machine) return [];
  const { name: host, address } = machine;
  const { directClients, postgres } = pool;
  const { name: database, user } = pool.database;
  const poolers = remotePoolerHostsOf(pair).map((remote) => `${remote.address}/32`);
  const isRemote = poolers.length > 0;
  const listensOnNetwork = isRemote || directClients.length > 0;
  const lookupUser = sqlRoles.lookup;
  const asPostgres = { mode: "0640", owner: "postgres", group: "postgres" };
  const settingsText = settings({
    ...postgres,
    host,
    listenAddresses: listensOnNetwork ? `localhost,${address}` : "localhost",
    keepaliveIdleS: pair.haproxy.keepaliveIdleS,
    lostPeer: isRemote && lostPeer,
    tls: isRemote && { keyFile: `/${shown.keyFile}`, certificateFile: `/${shown.certificateFile}` },
  });
  const rolesText = roles({
    roles: [
      { name: user, verifier: secrets.database.verifier(user) },
      { name: sqlRoles.probe, verifier: secrets.probe.verifier(sqlRoles.probe) },
      // Poolers on PostgreSQL's own machine log in on the local socket: only those on other hosts need a password.
      { name: lookupUser, verifier: isRemote ? lookupSecret(secrets).verifier(lookupUser) : "" },
    ],
    lookupUser,
    database,
    user,
  });
  return [
    file(`${clusterFolder}/conf.d/hapair.conf`, settingsText, asPostgres),
    file(`${clusterFolder}/pg_hba.conf`, hba({ host, poolers, directClients }), asPostgres),
    file(`${clusterFolder}/pg_ident.conf`, ident({}), asPostgres),
    ...(isRemote ? certificateFiles(shown, certificateOf(secrets, "postgres")) : []),
    file(rolesFile, rolesText, { mode: "0600" }),
    file(dropInPath, dropIn({ listensOnNetwork })),
  ];
}

/** `databaseUrl` as JDBC has it: user and password are parameters. */
export function jdbcUrl(databaseUrl: string): string {
  const { username, password, host, pathname, searchParams } = new URL(databaseUrl);
  const login = new URLSearchParams({
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
  });
  for (const [name, value] of searchParams) login.append(name, value);
  return `jdbc:postgresql://${host}${pathname}?${login.toString().replaceAll("+", "%20")}`;
}

/** URL for the application's role at `authority` (host:port), percent-encoded: names and password may hold any character. */
export function databaseUrl(pool: Pool, password: string, authority: string): string {
  const { user, name } = pool.database;
  const [role, word, database] = [user, password, name].map(encodeURIComponent);
  return `postgresql://${role}:${word}@${authority}/${database}${tlsParameters(pool)}`;
}
