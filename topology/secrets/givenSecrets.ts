import { ConfigError } from "../problem.ts";
import type { Topology } from "../topology.ts";
import { readCertificates, type SqlCertificate } from "./certificates.ts";
import { type GivenPasswords, readPasswords } from "./passwords.ts";
import { readWireproxies, type Wireproxies } from "./wireproxy.ts";

/** What a person has set as secrets of a stack. */
export interface GivenSecrets {
  /** `undefined` where the stack generates them. */
  readonly passwords: GivenPasswords | undefined;
  /** By pair. */
  readonly wireproxies: Readonly<Record<string, Wireproxies>>;
  /** By pair. */
  readonly certificates: Readonly<Record<string, SqlCertificate>>;
}

/** Splits a stack's config into the part that makes the topology, and the secrets. */
export function splitSecrets({
  passwords,
  wireproxy,
  certificates,
  ...config
}: Readonly<Record<string, unknown>>) {
  return { config, secrets: { passwords, wireproxy, certificates } };
}

/** @throws ConfigError that names each secret that is missing, invalid or unused, never its value */
export function parseSecrets(
  topology: Topology,
  { passwords, wireproxy, certificates }: ReturnType<typeof splitSecrets>["secrets"],
): GivenSecrets {
  const readings = {
    passwords: readPasswords(topology, passwords),
    wireproxies: readWireproxies(topology, wireproxy),
    certificates: readCertificates(topology, certificates),
  };
  const problems = Object.values(readings).flatMap(({ problems }) => problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    passwords: readings.passwords.value,
    wireproxies: readings.wireproxies.value,
    certificates: readings.certificates.value,
  };
}
