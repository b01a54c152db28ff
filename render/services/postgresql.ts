import * as z from "zod";
import { routesLogins } from "../../topology/connections.ts";
import { postgresMachineOf, remotePoolerHostsOf } from "../../topology/pool.ts";
import { hasRemoteLogins, routesMachineOf } from "../../topology/routes.ts";
import type { Pair, Pool } from "../../topology/topology.ts";
import { certificatePaths, lostPeer, routesSchema, sqlRoles } from "../paths.ts";
import { certificateOf, lookupSecret, routesSecrets, type Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";
import { certificateFiles, tlsParameters } from "./sqlTls.ts";

/** Debian's name of the cluster's unit. */
export const postgresUnit = "postgresql@17-main.service";
/** SQL that creates the roles, relative to `/`. */
export const rolesFile = "etc/hapair/roles.sql";

const dropInPath = `etc/systemd/system/${postgresUnit}.d/hapair.conf`;
/** Where the cluster's own files are, relative to `/`. */
export const clusterFolder = "etc/postgresql/17/main";
/** What PostgreSQL shows other hosts, relative to `/`. */
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
    /** How another host that is lost is found out; false where none logs in. */
    lostPeer: z.union([
      z.literal(false),
      z.strictObject({ idleS: z.int(), intervalS: z.int(), count: z.int(), timeoutMs: z.int() }),
    ]),
    /** Paths, absolute; false where no other host logs in. */
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
    /** Networks of the nodes, whose agents keep the routes here; false where they do not. */
    routes: z.union([
      z.literal(false),
      z.strictObject({ database: z.string(), user: z.string(), nodes: z.array(z.string()) }),
    ]),
  }),
);
const ident = template(`${clusterFolder}/pg_ident.conf`, z.strictObject({}));
const roles = template(
  rolesFile,
  z.strictObject({
    roles: z.array(
      z.strictObject({
        name: z.string(),
        verifier: z.string(),
        /** Connections at once; absent: as many as there are. */
        logins: z.optional(z.int()),
      }),
    ),
    lookupUser: z.string(),
    /** Not to be logged in as through a pooler. */
    routesUser: z.string(),
    database: z.string(),
    user: z.string(),
    /** False where the routes are elsewhere, or there are none. */
    routesSchema: z.union([z.literal(false), z.string()]),
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
  const hasRemotePoolers = poolers.length > 0;
  const isRemote = hasRemoteLogins(pair);
  const hasRoutes = routesMachineOf(pair) !== undefined;
  const listensOnNetwork = isRemote || directClients.length > 0;
  const { lookup: lookupUser, routes: routesUser } = sqlRoles;
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
      { name: lookupUser, verifier: hasRemotePoolers ? lookupSecret(secrets).verifier(lookupUser) : "" },
      ...(hasRoutes
        ? [
            {
              name: routesUser,
              verifier: routesSecrets(secrets).database.verifier(routesUser),
              logins: routesLogins * pair.nodes.length,
            },
          ]
        : []),
    ],
    lookupUser,
    routesUser,
    database,
    user,
    routesSchema: hasRoutes && routesSchema,
  });
  const hbaText = hba({
    host,
    poolers,
    directClients,
    routes: hasRoutes && {
      database,
      user: routesUser,
      nodes: pair.nodes.map((node) => `${node.address}/32`),
    },
  });
  return [
    file(`${clusterFolder}/conf.d/hapair.conf`, settingsText, asPostgres),
    file(`${clusterFolder}/pg_hba.conf`, hbaText, asPostgres),
    file(`${clusterFolder}/pg_ident.conf`, ident({}), asPostgres),
    file(rolesFile, rolesText, { mode: "0600" }),
    file(dropInPath, dropIn({ listensOnNetwork })),
  ];
}

/** PostgreSQL's key and certificate. */
export function postgresqlCertificate(pair: Pair, secrets: Secrets) {
  return hasRemoteLogins(pair) ? certificateFiles(shown, certificateOf(secrets, "postgres")) : [];
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
