import { publicAuthorities } from "../../topology/schema/tls.ts";
import type { SqlCertificate } from "../../topology/secrets/certificates.ts";
import { type Pair, type Pool, sqlHostOf } from "../../topology/topology.ts";
import { certificatePaths } from "../paths.ts";
import { certificateOf, type Secrets } from "../secrets.ts";
import { file } from "../template.ts";

/** Key and certificate that the poolers show their clients, relative to `/`. */
const shown = { keyFile: "etc/pgbouncer/tls.key", certificateFile: certificatePaths.poolers };
const { authority: authorityFile } = certificatePaths;

/** PgBouncer's settings for its clients; `false` without TLS. */
export function clientTls({ tls: { mode } }: Pool) {
  if (mode === "off") return false;
  return { mode: mode === "required" ? "require" : "allow", ...shown } as const;
}

/** The poolers' key and certificate. */
export function poolerCertificate({ tls }: Pool, secrets: Secrets) {
  return tls.mode === "off" ? [] : certificateFiles(shown, certificateOf(secrets, "poolers"));
}

/** A key and its certificate for PostgreSQL or the poolers, which run as `postgres`; they refuse a key that others may read. */
export function certificateFiles(
  { keyFile, certificateFile }: { readonly keyFile: string; readonly certificateFile: string },
  { key, certificate }: Pick<SqlCertificate, "key" | "certificate">,
) {
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
