import * as z from "zod";
import type { Pair, Pool } from "../../topology/topology.ts";
import { sqlRoles } from "../paths.ts";
import type { Secrets } from "../secrets.ts";
import { file, template } from "../template.ts";
import { tlsParameters } from "./sqlTls.ts";

/** Debian's name of the cluster's unit. */
export const postgresUnit = "postgresql@17-main.service";
/** SQL that creates the roles, relative to `/`. */
export const rolesFile = "etc/hapair/roles.sql";

const dropInPath = `etc/systemd/system/${postgresUnit}.d/hapair.conf`;
const folder = "etc/postgresql/17/main";

const settings = template(
  `${folder}/conf.d/hapair.conf`,
  z.strictObject({
    host: z.string(),
    listenAddresses: z.string(),
    port: z.int(),
    maxConnections: z.int(),
    sharedBuffersMb: z.int(),
    keepaliveIdleS: z.int(),
  }),
);
const hba = template(
  `${folder}/pg_hba.conf`,
  z.strictObject({ host: z.string(), lookupUser: z.string(), directClients: z.array(z.string()) }),
);
const ident = template(`${folder}/pg_ident.conf`, z.strictObject({ lookupUser: z.string() }));
const roles = template(
  rolesFile,
  z.strictObject({
    roles: z.array(z.strictObject({ name: z.string(), verifier: z.string() })),
    lookupUser: z.string(),
    database: z.string(),
    user: z.string(),
  }),
);
const dropIn = template(dropInPath, z.strictObject({}));

/** PostgreSQL's settings, its authentication rules, the roles, and the drop-in of its unit. */
export function postgresqlFiles(pair: Pair, pool: Pool, secrets: Secrets) {
  const { name: host, user, database, directClients, postgres } = pool;
  const lookupUser = sqlRoles.lookup;
  const asPostgres = { mode: "0640", owner: "postgres", group: "postgres" };
  const settingsText = settings({
    ...postgres,
    host,
    listenAddresses: directClients.length > 0 ? `localhost,${pool.address}` : "localhost",
    keepaliveIdleS: pair.haproxy.keepaliveIdleS,
  });
  const rolesText = roles({
    roles: [
      { name: user, verifier: secrets.database.verifier(user) },
      { name: sqlRoles.probe, verifier: secrets.probe.verifier(sqlRoles.probe) },
      // No password: it logs in on the local socket only, where `peer` checks the system user.
      { name: lookupUser, verifier: "" },
    ],
    lookupUser,
    database,
    user,
  });
  return [
    file(`${folder}/conf.d/hapair.conf`, settingsText, asPostgres),
    file(`${folder}/pg_hba.conf`, hba({ host, lookupUser, directClients }), asPostgres),
    file(`${folder}/pg_ident.conf`, ident({ lookupUser }), asPostgres),
    file(rolesFile, rolesText, { mode: "0600" }),
    file(dropInPath, dropIn({})),
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

/** URL for the application's role at `authority` (host:port). The password is percent-encoded: it may hold any character. */
export function databaseUrl(pool: Pool, password: string, authority: string): string {
  const { user, database } = pool;
  return `postgresql://${user}:${encodeURIComponent(password)}@${authority}/${database}${tlsParameters(pool)}`;
}
