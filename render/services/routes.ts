import { configAgent, fullName } from "../../contract/routes/route.ts";
import { RoutesConfig, routesConfigPath } from "../../contract/routesConfig.ts";
import { ownAddressesOf, routesMachineOf } from "../../topology/routes.ts";
import type { Routes } from "../../topology/schema/routes.ts";
import { publicAuthorities } from "../../topology/schema/tls.ts";
import type { Node, Pair } from "../../topology/topology.ts";
import {
  certificatePaths,
  operatorSocket,
  probeHeader,
  routesMapFile,
  routesStateName,
  sqlRoles,
} from "../paths.ts";
import { certificateOf, routesSecrets, type Secrets } from "../secrets.ts";
import { file } from "../template.ts";
import { edgeCertificateFile } from "./edgeCertificate.ts";
import { proofLogin } from "./poolerDatabase.ts";
import { authorityIn } from "./sqlTls.ts";

const keyFile = "etc/hapair/routes.key";
const { routes: certificateFile, routesDatabase: authorityPath } = certificatePaths;

/**
 * What only the daemon and root may read. It is in haproxy's group for the Runtime API; haproxy's workers are too, but see
 * no file outside their chroot. A group of its own exists only after the first apply.
 */
export const ofDaemon = { mode: "0640", group: "haproxy" };

/** What the agent of a node must know of the routes, with the certificate and key of their API; none without routes. */
export function routesFiles(pair: Pair, node: Node, secrets: Secrets) {
  const { routes } = pair;
  if (routes === undefined) return [];
  const config = RoutesConfig.parse(routesConfig(pair, routes, node, secrets));
  const { key, certificate } = certificateOf(secrets, "routes");
  const authority = databaseAuthority(routes, secrets);
  return [
    file(routesConfigPath, `${JSON.stringify(config, null, 2)}\n`, ofDaemon),
    file(certificateFile, certificate),
    file(keyFile, key, ofDaemon),
    ...(authority === undefined ? [] : [file(authorityPath, `${authority.trimEnd()}\n`)]),
  ];
}

function routesConfig(pair: Pair, routes: Routes, node: Node, secrets: Secrets): RoutesConfig {
  const { port, probePort, require, peerDeadlineMs, breaker, tokens } = routes;
  const { adminKey, tokens: hashed } = routesSecrets(secrets);
  return {
    host: node.name,
    pair: pair.name,
    // The firewall guards the port, and the virtual address is on one node alone.
    listen: { address: "0.0.0.0", port },
    certificateFile: `/${certificateFile}`,
    keyFile: `/${keyFile}`,
    peers: pair.nodes.filter(({ name }) => name !== node.name).map(({ name }) => name),
    runtimeSocket: operatorSocket,
    mapFile: routesMapFile,
    probe: { address: "127.0.0.1", port: probePort, header: probeHeader },
    balanced: { drainS: routes.drainS, authorities: publicAuthorities },
    folder: `/var/lib/${routesStateName}`,
    fixed: routes.fixed.map((route) => ({
      ...route,
      host: fullName(route.host, pair.edge?.domains ?? []),
      agent: configAgent,
    })),
    domains: [...(pair.edge?.domains ?? [])],
    ownAddresses: [...ownAddressesOf(pair)],
    deniedTargets: [...routes.deniedTargets],
    allowedTargets: [...routes.allowedTargets],
    require,
    peerDeadlineMs,
    breaker: { ...breaker },
    database: routesDatabase(pair, routes, secrets),
    ...proofThroughPair(pair, secrets),
    tokens: tokens.map(({ name, role }) => ({ name, role, sha256: hashed[name]?.sha256 ?? "" })),
    adminKeySha256: adminKey.sha256,
  };
}

/**
 * A login through the virtual address as hapair's own role. In an external database there is none, and the daemon is not
 * given the application's.
 */
function proofThroughPair(pair: Pair, secrets: Secrets): Pick<RoutesConfig, "proof"> {
  const { pool, vip, haproxy } = pair;
  if (pool === undefined || pool.database.external) return {};
  return { proof: { host: vip.address, port: haproxy.port, ...proofLogin(pair, pool, secrets) } };
}

/** @throws where there is neither a database of the routes nor the pair's own: the rules require one */
function routesDatabase(pair: Pair, { database }: Routes, secrets: Secrets): RoutesConfig["database"] {
  const password = routesSecrets(secrets).database.text;
  if (database !== undefined) {
    const { address, port, name, user, tls, ca } = database;
    const authorityFile = ca === undefined ? publicAuthorities : `/${authorityPath}`;
    const login = { host: address, port, database: name, user, password };
    return { ...login, ...(tls === "verify-full" && { authorityFile }), external: true };
  }
  const machine = routesMachineOf(pair);
  if (machine === undefined || pair.pool === undefined) throw new Error("the routes have no database");
  return {
    host: machine.address,
    port: pair.pool.postgres.port,
    database: pair.pool.database.name,
    user: sqlRoles.routes,
    password,
    authorityFile: `/${authorityPath}`,
  };
}

/** The authority of the database's certificate; undefined where that is a public one, or nothing is encrypted. */
function databaseAuthority({ database }: Routes, secrets: Secrets): string | undefined {
  return database === undefined ? authorityIn(certificateOf(secrets, "postgres")) : database.ca;
}

/** Certificates of a node that end one day, for the agent. */
export function edgeCertificates({ edge, routes }: Pair) {
  return [
    ...(edge ? [{ file: edgeCertificateFile(edge), of: "edge" as const }] : []),
    ...(routes ? [{ file: `/${certificateFile}`, of: "routes" as const }] : []),
    ...(routes && routes.database === undefined
      ? [{ file: `/${authorityPath}`, of: "authority" as const }]
      : []),
  ];
}
