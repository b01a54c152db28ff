import { createPrivateKey, X509Certificate } from "node:crypto";
import { isAddress } from "../ip.ts";
import type { Pair, Topology } from "../topology.ts";
import { sqlHostOf } from "../topology.ts";
import { type Reading, readSecret, together, unusedSecrets } from "./secretText.ts";

const key = "certificates";
const owner = `pair whose \`pool.tls.certificate\` is \`given\` or \`public\` (${key}.PAIR.NAME with NAME certificate, key or, with \`given\`, authority)`;

/** What the poolers of a pair show their clients, PEM. */
export interface SqlCertificate {
  readonly key: string;
  /** The poolers' certificate, then those of intermediate authorities. */
  readonly certificate: string;
  /** The authority that clients trust; absent where it is a public one. */
  readonly authority?: string;
}

/** The certificates that a person has set, by pair. */
export function readCertificates(
  { pairs }: Topology,
  given: unknown,
): Reading<Readonly<Record<string, SqlCertificate>>> {
  const takers = pairs.filter((pair) => partsOf(pair).length > 0);
  const { value, problems } = together(takers.map((pair) => [pair.name, readPair(pair, given)]));
  const known = takers.flatMap((pair) => partsOf(pair).map((part) => `${key}.${pair.name}.${part}`));
  return { value, problems: [...problems, ...unusedSecrets(given, key, known, owner)] };
}

/** Names of the secrets that a pair needs. */
function partsOf({ pool }: Pair): readonly string[] {
  if (pool === undefined || pool.tls.mode === "off" || pool.tls.certificate === "made") return [];
  return ["certificate", "key", ...(pool.tls.certificate === "given" ? ["authority"] : [])];
}

function readPair(pair: Pair, given: unknown): Reading<SqlCertificate> {
  const { value, problems } = together(
    partsOf(pair).map((part) => [part, readSecret(given, [key, pair.name, part], ` < ${part}.pem`)]),
  );
  const { certificate = "", key: privateKey = "", authority } = value;
  const read = { certificate, key: privateKey, ...(authority !== undefined && { authority }) };
  return { value: read, problems: problems.length > 0 ? problems : complaints(pair, read) };
}

function complaints(pair: Pair, { certificate, key: privateKey, authority }: SqlCertificate): string[] {
  const path = `${key}.${pair.name}`;
  const shown = parsed(() => new X509Certificate(certificate));
  const signing = parsed(() => createPrivateKey(privateKey));
  if (!shown) return [`${path}.certificate: is no certificate in PEM: set the whole file`];
  if (!signing) return [`${path}.key: is no private key in PEM without a passphrase: set the whole file`];
  const names = [sqlHostOf(pair), ...(pair.pool?.tls.names ?? [])];
  return [
    ...(shown.checkPrivateKey(signing) ? [] : [`${path}.key: belongs to another certificate`]),
    ...(shown.validToDate > new Date() ? [] : [`${path}.certificate: has expired on ${shown.validTo}`]),
    ...[...new Set(names)]
      .filter((name) => !(isAddress(name) ? shown.checkIP(name) : shown.checkHost(name)))
      .map(
        (name) => `${path}.certificate: is not for ${name}: get one with that name, or change pool.tls.names`,
      ),
    ...(authority === undefined || parsed(() => new X509Certificate(authority))
      ? []
      : [`${path}.authority: is no certificate in PEM: set the whole file`]),
  ];
}

function parsed<Value>(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
