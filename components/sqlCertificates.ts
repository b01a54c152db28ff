import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { forwardedHost } from "../contract/lab.ts";
import { poolerHostsOf, postgresMachineOf, remotePoolerHostsOf } from "../topology/pool.ts";
import type { SqlCertificate } from "../topology/secrets/certificates.ts";
import type { Pair } from "../topology/topology.ts";
import { authorityScript, certificateScript } from "./certificateScripts.ts";
import { madeOnce } from "./madeOnce.ts";
import { parsePem } from "./pem.ts";

/** Certificates of one pair's SQL, each a secret output. */
export interface SqlCertificates {
  /** What the poolers show their clients; absent without TLS. */
  readonly poolers?: pulumi.Output<SqlCertificate>;
  /** What the pair's own PostgreSQL shows the poolers on other hosts; absent where there are none. */
  readonly postgres?: pulumi.Output<SqlCertificate>;
}

const authorityDays = 3650;
/** `hapair status` warns before the end. */
const certificateDays = 397;

/**
 * A pair's certificates: that of the poolers as a person has given it, all others of an authority that the stack makes once
 * and keeps in its state. Other names or another `serial` make a new certificate of the same authority: who trusts that
 * goes on as before. Every pair with a pool has the authority, so that one without TLS for a while does not lose it.
 */
export function sqlCertificatesOf(pair: Pair, given: SqlCertificate | undefined): SqlCertificates {
  const { pool } = pair;
  const postgres = remotePoolerHostsOf(pair).length > 0 ? postgresMachineOf(pool) : undefined;
  const makesPoolers = pool !== undefined && pool.tls.mode !== "off" && given === undefined;
  const authority =
    pool &&
    madeOnce(`${pair.name}-authority`, authorityScript(`hapair ${pair.name} authority`, authorityDays));
  const made = (owner: string, names: readonly string[], days: number) =>
    authority && { authority, owner, names, days, serial: pool?.tls.serial };
  const poolers = makesPoolers ? made(pair.name, certifiedNames(pair), certificateDays) : undefined;
  // Only this pair's poolers check it: it lasts as long as the authority.
  const database = postgres && made(`${pair.name}-postgres`, [postgres.address], authorityDays);
  return {
    ...(given && { poolers: pulumi.secret(given) }),
    ...(poolers && { poolers: madeCertificate(poolers) }),
    ...(database && { postgres: madeCertificate(database) }),
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

/** Every name by which a client may reach a pooler, through the pair or around it. */
function certifiedNames(pair: Pair): readonly string[] {
  const addresses = [...pair.nodes, ...poolerHostsOf(pair)].map(({ address }) => address);
  return [...new Set([pair.vip.address, forwardedHost, ...addresses, ...(pair.pool?.tls.names ?? [])])];
}
