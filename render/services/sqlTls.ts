import { publicAuthorities } from "../../topology/schema/tls.ts";
import type { SqlCertificate } from "../../topology/secrets/certificates.ts";
import { type Pair, type Pool, sqlHostOf } from "../../topology/topology.ts";
import { certificateOf, type Secrets } from "../secrets.ts";
import { file } from "../template.ts";

/** Key and certificate that the poolers show their clients, relative to `/`. */
const keyFile = "etc/pgbouncer/tls.key";
const certificateFile = "etc/pgbouncer/tls.crt";
/** The authority of the poolers' certificate on a host that proves the data path; relative to `/`. */
const authorityFile = "etc/hapair/sql-authority.pem";

/** PgBouncer's settings for its clients; `false` without TLS. */
export function clientTls({ tls: { mode } }: Pool) {
  if (mode === "off") return false;
  return { mode: mode === "required" ? "require" : "allow", keyFile, certificateFile } as const;
}

/** Where the agent finds the certificate that the poolers show; nothing without TLS. */
export function shownCertificate({ tls }: Pool): { readonly certificateFile?: string } {
  return tls.mode === "off" ? {} : { certificateFile: `/${certificateFile}` };
}

/** The poolers' key and certificate. */
export function poolerCertificate({ tls }: Pool, secrets: Secrets) {
  if (tls.mode === "off") return [];
  const { key, certificate } = certificateOf(secrets, "poolers");
  const asPostgres = { owner: "postgres", group: "postgres" };
  return [
    file(keyFile, key, { ...asPostgres, mode: "0600" }),
    file(certificateFile, certificate, { ...asPostgres, mode: "0640" }),
  ];
}

/** The authority by which a host checks the poolers' certificate; none where that is a public one. */
export function poolerAuthority({ pool }: Pair, secrets: Secrets) {
  if (!pool || pool.tls.mode === "off" || pool.tls.certificate === "public") return [];
  return [file(authorityFile, authorityIn(certificateOf(secrets, "poolers")))];
}

/** @throws where there is none: every certificate but a public one comes with its authority */
export function authorityIn({ authority }: SqlCertificate): string {
  if (authority === undefined) throw new Error("the certificate has no authority");
  return authority;
}

/**
 * A start-up packet without TLS, and the pattern of the answer from a pooler that requires it, in hexadecimal digits.
 * `false` where the poolers answer as `option pgsql-check` expects. Source: PostgreSQL's protocol, "Message Formats".
 */
export function tlsCheck({ pool }: Pair, user: string) {
  if (pool?.tls.mode !== "required") return false;
  const parameters = Buffer.from(`user\0${user}\0\0`);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(head.length + parameters.length);
  // Version 3.0 of the protocol.
  head.writeUInt32BE(0x0003_0000, 4);
  return {
    startup: Buffer.concat([head, parameters]).toString("hex"),
    refusal: `^45.*${Buffer.from("SSL required").toString("hex").toUpperCase()}`,
  };
}

/** How the proof of a host checks the certificate: as a client does that connects to the pair. */
export function proofTls(pair: Pair) {
  const { tls } = pair.pool ?? {};
  if (tls === undefined || tls.mode === "off") return {};
  const trusted = tls.certificate === "public" ? publicAuthorities : `/${authorityFile}`;
  return { tls: { authorityFile: trusted, name: sqlHostOf(pair) } };
}

/** Parameters of a database URL, as libpq and most drivers know them; "" without TLS. */
export function tlsParameters({ tls }: Pool): string {
  return tls.mode === "off"
    ? ""
    : `?sslmode=verify-full&sslrootcert=${encodeURIComponent(tls.authorityFile).replaceAll("%2F", "/")}`;
}
