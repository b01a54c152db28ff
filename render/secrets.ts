import type { PasswordName } from "../topology/passwords.ts";
import type { Pair, Topology } from "../topology/topology.ts";
import { type Wireproxies, wireproxiesOf } from "../topology/wireproxy.ts";
import { scramVerifier } from "./scram.ts";

/** A password, or the mark that stands for it where a person may look. */
interface Secret {
  readonly text: string;
  /** What PostgreSQL stores of it for `role`. */
  readonly verifier: (role: string) => string;
}

/** Key and self-signed certificate of the lab's `internet`, PEM. */
export interface LabCertificate {
  readonly key: string;
  readonly certificate: string;
}

/** What one pair's files need. They reach a host inside its bundle, in files of mode 0600 or as verifiers. */
export type Secrets = Readonly<Record<PasswordName, Secret>> & {
  /** Present where the topology has `lab.internet`. */
  readonly internet?: LabCertificate;
  readonly wireproxies: Wireproxies;
};

const mark = "[secret]";
const mask: Secret = { text: mark, verifier: () => mark };

/** For previews, `npm run render`, golden files. */
export function masked({ lab, pairs }: Topology): Secrets {
  return {
    ...{ database: mask, probe: mask, stats: mask },
    ...(lab.internet && { internet: { key: mark, certificate: mark } }),
    wireproxies: maskedWireproxies(pairs),
  };
}

/** Of every server on every node: a host looks for its own alone. */
function maskedWireproxies(pairs: readonly Pair[]): Wireproxies {
  const nodes = pairs.flatMap((pair) => pair.nodes.map(({ name }) => name));
  const texts = Object.fromEntries(nodes.map((node) => [node, mark]));
  return Object.fromEntries(
    pairs.flatMap(({ egress }) => wireproxiesOf(egress).map((server) => [server, texts])),
  );
}

/** The secrets themselves. */
export function secretsOf(
  passwords: Readonly<Record<PasswordName, string>>,
  {
    internet,
    wireproxies = {},
  }: {
    readonly internet?: LabCertificate | undefined;
    readonly wireproxies?: Wireproxies | undefined;
  } = {},
): Secrets {
  const secret = (text: string): Secret => ({ text, verifier: (role) => scramVerifier(role, text) });
  return {
    database: secret(passwords.database),
    probe: secret(passwords.probe),
    stats: secret(passwords.stats),
    ...(internet && { internet }),
    wireproxies,
  };
}
