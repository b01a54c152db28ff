import { ConfigError } from "../problem.ts";
import type { Topology } from "../topology.ts";
import { type GivenCertificates, readCertificates } from "./certificates.ts";
import { type GivenPasswords, readPasswords } from "./passwords.ts";
import { type RoutesSecrets, readRoutesSecrets } from "./routes.ts";
import { readUpdateKeys } from "./updates.ts";
import { readWireproxies, type Wireproxies } from "./wireproxy.ts";

/** What a person has set as secrets of a stack. */
export interface GivenSecrets {
  /** `undefined` where the stack generates them. */
  readonly passwords: GivenPasswords | undefined;
  /** By pair. */
  readonly wireproxies: Readonly<Record<string, Wireproxies>>;
  /** By pair. */
  readonly certificates: Readonly<Record<string, GivenCertificates>>;
  /** By pair; `undefined` where the stack generates them. */
  readonly routes: Readonly<Record<string, RoutesSecrets>> | undefined;
  /** Keys of the services that name nodes, by pair. */
  readonly updateKeys: Readonly<Record<string, string>>;
}

/** Splits a stack's config into the part that makes the topology, and the secrets. */
export function splitSecrets({
  passwords,
  wireproxy,
  certificates,
  routes,
  updates,
  ...config
}: Readonly<Record<string, unknown>>) {
  return { config, secrets: { passwords, wireproxy, certificates, routes, updates } };
}

/** @throws ConfigError that names each secret that is missing, invalid or unused, never its value */
export function parseSecrets(
  topology: Topology,
  { passwords, wireproxy, certificates, routes, updates }: ReturnType<typeof splitSecrets>["secrets"],
): GivenSecrets {
  const readings = {
    passwords: readPasswords(topology, passwords),
    wireproxies: readWireproxies(topology, wireproxy),
    certificates: readCertificates(topology, certificates),
    routes: readRoutesSecrets(topology, routes),
    updateKeys: readUpdateKeys(topology, updates),
  };
  const problems = Object.values(readings).flatMap(({ problems }) => problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    passwords: readings.passwords.value,
    wireproxies: readings.wireproxies.value,
    certificates: readings.certificates.value,
    routes: readings.routes.value,
    updateKeys: readings.updateKeys.value,
  };
}
