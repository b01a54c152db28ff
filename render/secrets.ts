import { createHash, createHmac, pbkdf2Sync } from "node:crypto";
import { hostsOf } from "../topology/hosts.ts";
import type { SqlCertificate } from "../topology/secrets/certificates.ts";
import type { PasswordName } from "../topology/secrets/passwords.ts";
import type { RoutesSecrets as PlainRoutesSecrets } from "../topology/secrets/routes.ts";
import { prepared } from "../topology/secrets/saslprep.ts";
import { type Wireproxies, wireproxiesOf } from "../topology/secrets/wireproxy.ts";
import type { Pair, Topology } from "../topology/topology.ts";

/** A password, or `[secret]` in its place where people see the files. */
interface Secret {
  readonly text: string;
  /** The SCRAM verifier that PostgreSQL stores for `role`. */
  readonly verifier: (role: string) => string;
}

/** Key and self-signed certificate of the lab's `internet`, PEM. */
export interface LabCertificate {
  readonly key: string;
  readonly certificate: string;
}

interface PlainCertificates {
  /** What the poolers show their clients; present with TLS. */
  readonly poolers?: SqlCertificate;
  /** What PostgreSQL shows the poolers; present where some of them are on other hosts. */
  readonly postgres?: SqlCertificate;
  /** What the edge shows its clients; absent where that is in a folder of the nodes. */
  readonly edge?: SqlCertificate;
  /** What the API of the routes shows its clients; present with routes. */
  readonly routes?: SqlCertificate;
}

/** A random text of which a host needs the SHA-256 alone, hex. */
interface HashedSecret {
  readonly sha256: string;
}

/** Secrets of a pair's routes. */
interface RoutesSecrets {
  /** Password of the role in their database. */
  readonly database: Secret;
  readonly adminKey: HashedSecret;
  /** By name. */
  readonly tokens: Readonly<Record<string, HashedSecret>>;
}

/** The secrets of one pair's files. They reach a host in its bundle, as files that only the daemons read or as SCRAM verifiers. */
export type Secrets = Readonly<Record<PasswordName, Secret>> & {
  /** Set for the lab's `internet`. */
  readonly internet?: LabCertificate;
  /** The target's own authority of the egress checks, PEM; present where it has one. */
  readonly egressAuthority?: string;
  readonly wireproxies: Wireproxies;
  /** Password of the poolers' own role; present where poolers reach the pair's PostgreSQL over the network. */
  readonly lookup?: Secret;
  readonly certificates: PlainCertificates;
  /** Present with routes. */
  readonly routes?: RoutesSecrets;
  /** Key of the service that names nodes; present with `edge.updates`. */
  readonly updateKey?: Secret;
};

/** @throws where the pair has none: it is made where its topology needs it */
export function lookupSecret({ lookup }: Secrets): Secret {
  if (lookup === undefined) throw new Error("the poolers' role has no password");
  return lookup;
}

/** @throws where the pair has none: they are made, or missed when the secrets are read, where its topology needs them */
export function routesSecrets({ routes }: Secrets): RoutesSecrets {
  if (routes === undefined) throw new Error("the routes have no secrets");
  return routes;
}

/** @throws where the pair has none: it is missed when the secrets are read where its topology needs it */
export function updateKeyOf({ updateKey }: Secrets): Secret {
  if (updateKey === undefined) throw new Error("the service that names nodes has no key");
  return updateKey;
}

/** @throws where the pair has none: it is made, or missed when the secrets are read, where its topology needs it */
export function certificateOf({ certificates }: Secrets, owner: keyof PlainCertificates): SqlCertificate {
  const certificate = certificates[owner];
  if (certificate === undefined) throw new Error(`there is no certificate of the ${owner}`);
  return certificate;
}

const mark = "[secret]";
const mask: Secret = { text: mark, verifier: () => mark };

const maskedCertificate: SqlCertificate = { key: mark, certificate: mark, authority: mark };

const maskedOf = new WeakMap<Topology, Secrets>();

/** `[secret]` for every secret: for previews, `npm run render` and golden files. Made once for a topology's many hosts. */
export function masked(topology: Topology): Secrets {
  const known = maskedOf.get(topology) ?? maskEach(topology);
  maskedOf.set(topology, known);
  return known;
}

function maskEach(topology: Topology): Secrets {
  const internet = hostsOf(topology).some(({ role }) => role === "internet");
  return {
    ...{ database: mask, probe: mask, stats: mask, lookup: mask, updateKey: mask },
    certificates: {
      poolers: maskedCertificate,
      postgres: maskedCertificate,
      edge: maskedCertificate,
      routes: maskedCertificate,
    },
    routes: maskedRoutes(topology.pairs),
    ...(internet && { internet: { key: mark, certificate: mark }, egressAuthority: mark }),
    wireproxies: maskedWireproxies(topology.pairs),
  };
}

/** An entry for every server on every node of every pair; rendering a host reads only its own. */
function maskedWireproxies(pairs: readonly Pair[]): Wireproxies {
  const nodes = pairs.flatMap((pair) => pair.nodes.map(({ name }) => name));
  const texts = Object.fromEntries(nodes.map((node) => [node, mark]));
  return Object.fromEntries(
    pairs.flatMap(({ egress }) => wireproxiesOf(egress).map((server) => [server, texts])),
  );
}

const maskedHash: HashedSecret = { sha256: "0".repeat(64) };

/** A token for every name of every pair; rendering a host reads only its own. */
function maskedRoutes(pairs: readonly Pair[]): RoutesSecrets {
  const names = pairs.flatMap(({ routes }) => routes?.tokens.map(({ name }) => name) ?? []);
  const tokens = Object.fromEntries(names.map((name) => [name, maskedHash]));
  return { database: mask, adminKey: maskedHash, tokens };
}

/** The real secrets. */
export function secretsOf(
  passwords: Readonly<Record<PasswordName, string>>,
  {
    egressAuthority,
    wireproxies = {},
    lookup,
    certificates = {},
    routes,
    updateKey,
  }: {
    readonly lookup?: string | undefined;
    readonly egressAuthority?: string | undefined;
    readonly wireproxies?: Wireproxies | undefined;
    readonly certificates?: PlainCertificates | undefined;
    readonly routes?: PlainRoutesSecrets | undefined;
    readonly updateKey?: string | undefined;
  } = {},
): Secrets {
  const secret = (text: string): Secret => ({ text, verifier: (role) => scramVerifier(role, text) });
  return {
    database: secret(passwords.database),
    probe: secret(passwords.probe),
    stats: secret(passwords.stats),
    ...(egressAuthority !== undefined && { egressAuthority }),
    ...(lookup !== undefined && { lookup: secret(lookup) }),
    ...(updateKey !== undefined && { updateKey: secret(updateKey) }),
    wireproxies,
    certificates,
    ...(routes && {
      routes: {
        database: secret(routes.database),
        adminKey: hashed(routes.adminKey),
        tokens: Object.fromEntries(
          Object.entries(routes.tokens).map(([name, token]) => [name, hashed(token)]),
        ),
      },
    }),
  };
}

/** Random texts need no slower hash. */
function hashed(text: string): HashedSecret {
  return { sha256: createHash("sha256").update(text).digest("hex") };
}

/** PostgreSQL's default (`scram_iterations`). */
const iterations = 4096;

/**
 * The verifier that PostgreSQL stores for a password (RFC 5803): `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey`.
 * The salt is derived from role and password, so that the same password renders the same bytes. It reveals no more
 * about the password than the verifier itself.
 */
export function scramVerifier(role: string, password: string): string {
  const text = prepared(password);
  const salt = createHmac("sha256", text).update(`hapair salt of ${role}`).digest().subarray(0, 16);
  const salted = pbkdf2Sync(text, salt, iterations, 32, "sha256");
  const clientKey = createHmac("sha256", salted).update("Client Key").digest();
  const storedKey = createHash("sha256").update(clientKey).digest("base64");
  const serverKey = createHmac("sha256", salted).update("Server Key").digest("base64");
  return `SCRAM-SHA-256$${iterations}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
