import { createPrivateKey, type X509Certificate } from "node:crypto";
import { certificatesIn, lateness, missingNames } from "../../base/certificates.ts";
import { forwardedHost } from "../../contract/lab.ts";
import { certifiedNames } from "../edge.ts";
import type { TargetKind } from "../schema/targets.ts";
import type { Pair, Topology } from "../topology.ts";
import { sqlHostOf } from "../topology.ts";
import { type ChainProblem, chainProblem } from "./certificateChain.ts";
import { type Reading, readSecret, together, unusedSecrets } from "./secretText.ts";

const key = "certificates";
const owner = `pair whose \`pool.tls.certificate\` is \`given\` or \`public\` (${key}.PAIR.NAME with NAME certificate, key or, with \`given\`, authority) or whose \`edge.tls.certificate\` is \`given\` (${key}.PAIR.edge.certificate and .key)`;

/** What a server of a pair shows its clients, PEM. */
export interface SqlCertificate {
  readonly key: string;
  /** The server's certificate, then those of intermediate authorities. */
  readonly certificate: string;
  /** The authority that clients trust; absent where it is a public one. */
  readonly authority?: string;
}

/** What a person has set of a pair's certificates. */
export interface GivenCertificates {
  /** Present where the poolers' certificate is given. */
  readonly poolers?: SqlCertificate;
  /** Present where that of the edge is. */
  readonly edge?: SqlCertificate;
}

/** The certificates that a person has set, by pair. */
export function readCertificates(
  { pairs, target }: Topology,
  given: unknown,
): Reading<Readonly<Record<string, GivenCertificates>>> {
  const readings = pairs.map((pair) => {
    const places = placesOf(pair, target.kind);
    return { pair, places, read: together(places.map((place) => [place.of, readPlace(place, given)])) };
  });
  const known = readings.flatMap(({ places }) =>
    places.flatMap(({ path, parts }) => parts.map((part) => [...path, part].join("."))),
  );
  return {
    value: Object.fromEntries(readings.map(({ pair, read }) => [pair.name, read.value])),
    problems: [...readings.flatMap(({ read }) => read.problems), ...unusedSecrets(given, key, known, owner)],
  };
}

/** A certificate that a person has to set. */
interface Place {
  readonly of: keyof GivenCertificates;
  readonly path: readonly string[];
  /** Names of its secrets below the path. */
  readonly parts: readonly string[];
  /** The hosts by which clients connect. */
  readonly names: readonly string[];
  /** The names that this key of the config sets. */
  readonly setting: { readonly key: string; readonly names: readonly string[] };
  /** Whether clients trust the given authority, or public ones; of the edge that is not known. */
  readonly trust: "given" | "public" | "unknown";
}

function placesOf(pair: Pair, target: TargetKind): readonly Place[] {
  const { name, pool, edge } = pair;
  const places: Place[] = [];
  if (pool !== undefined && pool.tls.mode !== "off" && pool.tls.certificate !== "made") {
    const trust = pool.tls.certificate;
    const forwarded = target === "lab" ? [forwardedHost] : [];
    const { names } = pool.tls;
    places.push({
      of: "poolers",
      path: [key, name],
      parts: ["certificate", "key", ...(trust === "given" ? ["authority"] : [])],
      names: [...new Set([sqlHostOf(pair), ...forwarded, ...names])],
      setting: { key: "pool.tls.names", names },
      trust,
    });
  }
  if (edge?.tls.certificate === "given") {
    places.push({
      of: "edge",
      path: [key, name, "edge"],
      parts: ["certificate", "key"],
      names: certifiedNames(edge),
      setting: { key: "edge.tls.names", names: edge.tls.names },
      trust: "unknown",
    });
  }
  return places;
}

function readPlace(place: Place, given: unknown): Reading<SqlCertificate> {
  const { value, problems } = together(
    place.parts.map((part) => [part, readSecret(given, [...place.path, part], ` < ${part}.pem`)]),
  );
  const { certificate = "", key: privateKey = "", authority } = value;
  const read = { certificate, key: privateKey, ...(authority !== undefined && { authority }) };
  return { value: read, problems: problems.length > 0 ? problems : complaints(place, read) };
}

function complaints(place: Place, given: SqlCertificate): string[] {
  const path = place.path.join(".");
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
  const now = new Date();
  const chain =
    place.trust === "unknown"
      ? lateProblem(shown, now)
      : chainProblem(shown, place.trust === "given" ? trusted : undefined, now);
  return [
    ...(server.checkPrivateKey(signing) ? [] : [`${path}.key: belongs to another certificate`]),
    ...(chain ? [`${path}.${chain.secret}: ${chain.message}`] : []),
    ...missingNames(server, place.names).map((name) => {
      const other = place.setting.names.includes(name) ? `, or change ${place.setting.key}` : "";
      return `${path}.certificate: is not for ${name}, by which clients connect: get one with that name${other}`;
    }),
  ];
}

function lateProblem(shown: readonly X509Certificate[], now: Date): ChainProblem | undefined {
  const message = lateness(shown, now);
  return message === undefined ? undefined : { secret: "certificate", message };
}

function parsed<Value>(parse: () => Value): Value | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
