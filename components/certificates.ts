import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { forwardedHost } from "../contract/lab.ts";
import { poolerHostsOf, postgresMachineOf } from "../topology/pool.ts";
import { hasRemoteLogins } from "../topology/routes.ts";
import type { GivenCertificates, SqlCertificate } from "../topology/secrets/certificates.ts";
import type { Pair } from "../topology/topology.ts";
import { authorityScript, certificateScript } from "./certificateScripts.ts";
import { madeOnce } from "./madeOnce.ts";
import { parsePem } from "./pem.ts";

/** Certificates of one pair, each a secret output. */
export interface PairCertificates {
  /** What the poolers show their clients; absent without TLS. */
  readonly poolers?: pulumi.Output<SqlCertificate>;
  /** What the pair's own PostgreSQL shows other hosts; absent where none logs in. */
  readonly postgres?: pulumi.Output<SqlCertificate>;
  /** What the edge shows its clients; absent without an edge, or where it is in a folder of the nodes. */
  readonly edge?: pulumi.Output<SqlCertificate>;
  /** What the API of the routes shows its clients; absent without routes. */
  readonly routes?: pulumi.Output<SqlCertificate>;
}

const authorityDays = 3650;
/** With the day before, as long as Mozilla recommends at most. `hapair status` warns before the end. */
const certificateDays = 365;

/**
 * A pair's certificates: those that a person has given, all others of an authority that the stack makes once and keeps in
 * its state. Other names or another `serial` make a new certificate of the same authority: who trusts that goes on as
 * before. Every pair with a pool has the authority, so that one without TLS for a while does not lose it.
 */
export function certificatesOf(pair: Pair, given: GivenCertificates = {}): PairCertificates {
  const { pool, edge, routes } = pair;
  const postgres = hasRemoteLogins(pair) ? postgresMachineOf(pool) : undefined;
  const makesPoolers = pool !== undefined && pool.tls.mode !== "off" && given.poolers === undefined;
  const makesEdge = edge?.tls.certificate === "made";
  const authority =
    pool || makesEdge || routes
      ? madeOnce(`${pair.name}-authority`, authorityScript(`hapair ${pair.name} authority`, authorityDays))
      : undefined;
  const made = (owner: string, names: readonly string[], days: number, serial: number | undefined) =>
    authority && madeCertificate({ authority, owner, names, days, serial });
  const poolers = makesPoolers
    ? made(pair.name, sqlNames(pair), certificateDays, pool.tls.serial)
    : given.poolers && pulumi.secret(given.poolers);
  // Only hosts of this pair check it: it lasts as long as the authority.
  const database =
    postgres && made(`${pair.name}-postgres`, [postgres.address], authorityDays, pool?.tls.serial);
  const ofEdge = makesEdge
    ? made(`${pair.name}-edge`, edgeNames(pair), certificateDays, edge.tls.serial)
    : given.edge && pulumi.secret(given.edge);
  const ofRoutes = routes && made(`${pair.name}-routes`, nodeNames(pair), certificateDays, routes.serial);
  return {
    ...(poolers && { poolers }),
    ...(database && { postgres: database }),
    ...(ofEdge && { edge: ofEdge }),
    ...(ofRoutes && { routes: ofRoutes }),
  };
}

interface Wanted {
  readonly authority: pulumi.Output<string>;
  readonly owner: string;
  readonly names: readonly string[];
  readonly days: number;
  readonly serial: number | undefined;
}

function madeCertificate({ authority, owner, names, days, serial }: Wanted): pulumi.Output<SqlCertificate> {
  const version = createHash("sha256")
    .update(JSON.stringify([names, serial]))
    .digest("hex");
  const script = certificateScript(`hapair ${owner}`, names, days);
  const own = madeOnce(`${owner}-certificate-${version.slice(0, 12)}`, script, {}, authority);
  return pulumi.secret(
    pulumi.all([authority, own]).apply(([authority, own]) => ({
      ...parsePem(own, `the certificate of ${owner}`),
      authority: parsePem(authority, `the authority of ${owner}`).certificate,
    })),
  );
}

/** The pair itself, as clients anywhere reach it. */
function nodeNames({ vip, nodes }: Pair): readonly string[] {
  return [...new Set([vip.address, forwardedHost, ...nodes.map(({ address }) => address)])];
}

/** Every name by which a client may reach a pooler, through the pair or around it. */
function sqlNames(pair: Pair): readonly string[] {
  const addresses = poolerHostsOf(pair).map(({ address }) => address);
  return [...new Set([...nodeNames(pair), ...addresses, ...(pair.pool?.tls.names ?? [])])];
}

/** Every name by which a client may reach the edge: its routes are below its domains. */
function edgeNames(pair: Pair): readonly string[] {
  const { domains = [], tls } = pair.edge ?? {};
  const below = domains.flatMap((domain) => [domain, `*.${domain}`]);
  return [...new Set([...nodeNames(pair), ...below, ...(tls?.names ?? [])])];
}
