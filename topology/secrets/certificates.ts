import { createPrivateKey } from "node:crypto";
import { certificatesIn } from "../../base/certificates.ts";
import { forwardedHost } from "../../contract/lab.ts";
import { isAddress } from "../ip.ts";
import type { TargetKind } from "../schema/targets.ts";
import type { Pair, Topology } from "../topology.ts";
import { sqlHostOf } from "../topology.ts";
import { chainProblem } from "./certificateChain.ts";
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
  { pairs, target }: Topology,
  given: unknown,
): Reading<Readonly<Record<string, SqlCertificate>>> {
  const takers = pairs.filter((pair) => partsOf(pair).length > 0);
  const { value, problems } = together(takers.map((pair) => [pair.name, readPair(pair, target.kind, given)]));
  const known = takers.flatMap((pair) => partsOf(pair).map((part) => `${key}.${pair.name}.${part}`));
  return { value, problems: [...problems, ...unusedSecrets(given, key, known, owner)] };
}

/** Names of the secrets that a pair needs. */
function partsOf({ pool }: Pair): readonly string[] {
  if (pool === undefined || pool.tls.mode === "off" || pool.tls.certificate === "made") return [];
  return ["certificate", "key", ...(pool.tls.certificate === "given" ? ["authority"] : [])];
}

function readPair(pair: Pair, target: TargetKind, given: unknown): Reading<SqlCertificate> {
  const { value, problems } = together(
    partsOf(pair).map((part) => [part, readSecret(given, [key, pair.name, part], ` < ${part}.pem`)]),
  );
  const { certificate = "", key: privateKey = "", authority } = value;
  const read = { certificate, key: privateKey, ...(authority !== undefined && { authority }) };
  return { value: read, problems: problems.length > 0 ? problems : complaints(pair, target, read) };
}

function complaints(pair: Pair, target: TargetKind, given: SqlCertificate): string[] {
  const path = `${key}.${pair.name}`;
  const { certificate, key: privateKey, authority } = given;
  const shown = parsed(() => certificatesIn(certificate));
  const [server] = shown ?? [];
  const signing = parsed(() => createPrivateKey(privateKey));
  const trusted = parsed(() => certificatesIn(authority ?? ""));
  if (!shown || !server)
    return [`${path}.certificate: has no certificate in PEM, or one that is broken: set the whole file`];
  if (!signing) return [`${path}.key: is no private key in PEM without a passphrase: set the whole file`];
  if (!trusted || (authority !== undefined && trusted.length === 0))
    return [`${path}.authority: has no certificate in PEM, or one that is broken: set the whole file`];
  const chain = chainProblem(shown, authority === undefined ? undefined : trusted, new Date());
  return [
    ...(server.checkPrivateKey(signing) ? [] : [`${path}.key: belongs to another certificate`]),
    ...(chain ? [`${path}.${chain.secret}: ${chain.message}`] : []),
    ...neededNames(pair, target)
      .filter((name) => !(isAddress(name) ? server.checkIP(name) : server.checkHost(name)))
      .map((name) => {
        const other = pair.pool?.tls.names.includes(name) ? ", or change pool.tls.names" : "";
        return `${path}.certificate: is not for ${name}, by which clients connect: get one with that name${other}`;
      }),
  ];
}

/** The hosts by which clients of a pair connect. */
function neededNames(pair: Pair, target: TargetKind): readonly string[] {
  const forwarded = target === "lab" ? [forwardedHost] : [];
  return [...new Set([sqlHostOf(pair), ...forwarded, ...(pair.pool?.tls.names ?? [])])];
}

function parsed<Value>(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
