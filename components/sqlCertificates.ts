import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { shellWord } from "../base/commands.ts";
import { isAddress } from "../topology/ip.ts";
import { poolerHostsOf } from "../topology/pool.ts";
import type { SqlCertificate } from "../topology/secrets/certificates.ts";
import type { Pair } from "../topology/topology.ts";
import { madeOnce } from "./passwords.ts";
import { parsePem } from "./pem.ts";

const authorityDays = 3650;
/** What browsers' authorities may certify at most; the status warns before the end. */
const certificateDays = 397;
const keyKind = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc";

/**
 * Key and certificate of a pair's poolers, with the authority that the stack makes for them once and keeps in its state.
 * Other names or another `serial` make a new certificate of the same authority: clients trust it as they are. Secret.
 */
export function madeCertificate(pair: Pair): pulumi.Output<SqlCertificate> {
  const authority = madeOnce(`${pair.name}-authority`, authorityScript(pair.name));
  const names = certifiedNames(pair);
  const version = createHash("sha256")
    .update(JSON.stringify([names, pair.pool?.tls.serial]))
    .digest("hex");
  const own = madeOnce(
    `${pair.name}-certificate-${version.slice(0, 12)}`,
    certificateScript(pair.name, names),
    {},
    authority,
  );
  return pulumi.secret(
    pulumi.all([authority, own]).apply(([authority, own]) => ({
      ...parsePem(own, `the certificate of ${pair.name}`),
      authority: parsePem(authority, `the authority of ${pair.name}`).certificate,
    })),
  );
}

/** Every name by which a client may reach a pooler, through the pair or around it. */
function certifiedNames(pair: Pair): readonly string[] {
  const addresses = [...pair.nodes, ...poolerHostsOf(pair)].map(({ address }) => address);
  return [...new Set([pair.vip.address, "127.0.0.1", ...addresses, ...(pair.pool?.tls.names ?? [])])];
}

/** Prints a key and its certificate. openssl's messages go to standard error. */
function authorityScript(pair: string): string {
  return [
    `openssl req -x509 ${keyKind} -days ${authorityDays} -subj ${shellWord(`/CN=hapair ${pair} authority`)}`,
    "-addext basicConstraints=critical,CA:TRUE,pathlen:0 -addext keyUsage=critical,keyCertSign,cRLSign -keyout - -out -",
  ].join(" ");
}

/** As `authorityScript`; reads the authority's key and certificate from its standard input. */
function certificateScript(pair: string, names: readonly string[]): string {
  const alternatives = names.map((name) => `${isAddress(name) ? "IP" : "DNS"}:${name}`).join(",");
  return [
    'set -e; umask 077; authority=$(mktemp); trap \'rm -f "$authority"\' EXIT; cat > "$authority";',
    `openssl req -x509 -CA "$authority" -CAkey "$authority" ${keyKind} -days ${certificateDays}`,
    `-subj ${shellWord(`/CN=hapair ${pair}`)} -addext subjectAltName=${alternatives}`,
    "-addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature",
    "-addext extendedKeyUsage=serverAuth -keyout - -out -",
  ].join(" ");
}
