import type { AgentConfig, StoredCertificate } from "../../contract/agentConfig.ts";
import type { Bundle } from "../../contract/bundle.ts";
import type { Host } from "../../topology/hosts.ts";
import { poolerClientsOf, poolersOn, postgresMachineOf, remotePoolerHostsOf } from "../../topology/pool.ts";
import { routesMachineOf } from "../../topology/routes.ts";
import type { Pool } from "../../topology/topology.ts";
import type { KnownHost } from "../hostFacts.ts";
import { certificatePaths } from "../paths.ts";
import type { Secrets } from "../secrets.ts";
import { pgbouncerFiles, poolerUnit } from "../services/pgbouncer.ts";
import { databaseAuthority, proofDatabase, remoteDatabase } from "../services/poolerDatabase.ts";
import { postgresqlCertificate, postgresqlFiles, postgresUnit, rolesFile } from "../services/postgresql.ts";
import { poolerAuthority, poolerCertificate } from "../services/sqlTls.ts";
import { type FirewallRule, tcpRules } from "../services/ufw.ts";

/** What the parts of a pool need of their host, which is a machine of the pool or a node. */

type PoolHost = Extract<Host, { pair: unknown }>;

/** psql(1) asks PgBouncer's console. */
const poolerPackages = ["pgbouncer", "postgresql-client-17"];

export function poolPackages(host: PoolHost): readonly string[] {
  return [
    ...(hasPoolers(host) ? poolerPackages : []),
    ...(hasPostgres(host) ? ["postgresql-17"] : []),
    ...(usesPublicAuthorities(host) ? ["ca-certificates"] : []),
  ];
}

/** Whether the poolers of a host or its proofs check a certificate by the authorities that Debian trusts. */
function usesPublicAuthorities(host: PoolHost): boolean {
  const { pool } = host.pair;
  if (pool === undefined) return false;
  const { tls, database } = pool;
  const ofDatabase = database.external?.tls === "verify-full" && database.external.ca === undefined;
  const ofPoolers = tls.mode !== "off" && tls.certificate === "public";
  return (ofDatabase && hasPoolers(host)) || (ofPoolers && provesPoolers(host, pool));
}

/** Whether a proof of a host goes through poolers by the network. */
function provesPoolers(host: PoolHost, pool: Pool): boolean {
  return host.role === "node" || (hasPoolers(host) && remoteDatabase(pool, host) !== undefined);
}

/** In start order. */
export function poolUnits(host: PoolHost): Bundle["units"] {
  const poolers = poolersOn(host.pair, host.name).map(({ port }) => poolerUnit(port));
  return {
    enabled: [...(hasPostgres(host) ? [postgresUnit] : []), ...poolers],
    // The package's own single pooler would take a port of ours.
    disabled: poolers.length > 0 ? ["pgbouncer.service"] : [],
  };
}

export function poolFiles(host: PoolHost, secrets: Secrets) {
  const { pair } = host;
  return [
    ...(hasPoolers(host) ? pgbouncerFiles(pair, host, secrets) : []),
    ...(hasPostgres(host) ? postgresqlFiles(pair, secrets) : []),
    ...certificateFilesOf(host, secrets),
  ];
}

/** Certificates with their keys, and authorities. */
function certificateFilesOf(host: PoolHost, secrets: Secrets) {
  const { pair } = host;
  const { pool } = pair;
  if (pool === undefined) return [];
  return [
    ...(hasPoolers(host)
      ? [...databaseAuthority(pool, host, secrets), ...poolerCertificate(pool, secrets)]
      : []),
    ...(hasPostgres(host) ? postgresqlCertificate(pair, secrets) : []),
    ...(provesPoolers(host, pool) ? poolerAuthority(pair, secrets) : []),
  ];
}

/** Client connections of the poolers on this host. */
export function poolConnections({ pair, name }: PoolHost): number {
  return poolersOn(pair, name).length * (pair.pool?.maxClientConnections ?? 0);
}

export function poolPorts(host: KnownHost<PoolHost>): readonly FirewallRule[] {
  const { pair, name, address, interface: device } = host;
  const { directClients = [], postgres } = pair.pool ?? {};
  const toPoolers = poolerClientsOf(pair, name);
  const hosts = [...remotePoolerHostsOf(pair), ...(routesMachineOf(pair) ? pair.nodes : [])];
  const toPostgres = [...new Set(hosts.map((remote) => remote.address)), ...directClients];
  return [
    ...poolersOn(pair, name).flatMap(({ port }) => tcpRules(device, port, address, toPoolers)),
    ...(postgres && hasPostgres(host) ? tcpRules(device, postgres.port, address, toPostgres) : []),
  ];
}

/** The certificates among the files of a host, for the agent. */
function certificatesOn(host: PoolHost, secrets: Secrets): Pick<AgentConfig, "certificates"> {
  const isExternal = host.pair.pool?.database.external !== undefined;
  const kinds: Readonly<Record<string, StoredCertificate["of"]>> = {
    [certificatePaths.poolers]: "poolers",
    [certificatePaths.authority]: "authority",
    [certificatePaths.postgres]: "postgres",
    [certificatePaths.database]: isExternal ? "external-authority" : "authority",
  };
  const certificates = certificateFilesOf(host, secrets).flatMap(({ path }) => {
    const of = kinds[path];
    return of ? [{ file: `/${path}`, of }] : [];
  });
  return certificates.length > 0 ? { certificates } : {};
}

export function poolAgentConfig(
  host: PoolHost,
  secrets: Secrets,
): Pick<AgentConfig, "pool" | "certificates"> {
  const { pair, name } = host;
  const certificates = certificatesOn(host, secrets);
  const poolers = poolersOn(pair, name).map(({ port, forSessions }) => ({
    unit: poolerUnit(port),
    port,
    ...(forSessions && { forSessions }),
  }));
  if (poolers.length === 0 && !hasPostgres(host)) return certificates;
  const database = proofDatabase(pair, host, secrets);
  return {
    ...certificates,
    pool: {
      poolers,
      ...(hasPostgres(host) && { rolesFile, postgresUnit }),
      ...(poolers.length > 0 && database && { database }),
    },
  };
}

function hasPoolers({ pair, name }: PoolHost): boolean {
  return poolersOn(pair, name).length > 0;
}

function hasPostgres({ pair, name }: PoolHost): boolean {
  return postgresMachineOf(pair.pool)?.name === name;
}
