import * as pulumi from "@pulumi/pulumi";
import { type Secrets, secretsOf } from "../render/secrets.ts";
import { databaseUrl } from "../render/services/postgresql.ts";
import { remotePoolerHostsOf } from "../topology/pool.ts";
import type { PasswordName } from "../topology/secrets/passwords.ts";
import type { Wireproxies } from "../topology/secrets/wireproxy.ts";
import type { Pair, Pool } from "../topology/topology.ts";
import type { PairCertificates } from "./certificates.ts";
import { generator, madeOnce } from "./madeOnce.ts";
import type { RoutesAccess } from "./routesAccess.ts";

/** The passwords of one pair, each a secret output. */
export type Passwords = Readonly<Record<PasswordName, pulumi.Output<string>>> & {
  /** Of the poolers' own role: no person ever needs it. Present where it logs in over the network. */
  readonly lookup?: pulumi.Output<string>;
};

/** A pair's passwords: those that a person has set in the stack's config, or else made once. */
export function passwordsOf(
  pair: Pair,
  given: Readonly<Record<PasswordName, string>> | undefined,
): Passwords {
  const made = (name: string) => madeOnce(`${pair.name}-${name}-password`, generator);
  const password = (name: PasswordName) => (given ? pulumi.secret(given[name]) : made(name));
  return {
    database: password("database"),
    probe: password("probe"),
    stats: password("stats"),
    ...(remotePoolerHostsOf(pair).length > 0 && { lookup: made("lookup") }),
  };
}

/** URL by which the application's role connects at `authority` (host:port). */
export function secretUrl(
  pool: Pool,
  password: Passwords["database"],
  authority: string,
): pulumi.Output<string> {
  return pulumi.secret(password.apply((password) => databaseUrl(pool, password, authority)));
}

export function renderSecrets(
  { database, probe, stats, lookup }: Passwords,
  {
    egressAuthority,
    wireproxies,
    certificates,
    routes,
    updateKey,
  }: {
    readonly egressAuthority: pulumi.Output<string> | undefined;
    readonly wireproxies: Wireproxies | undefined;
    readonly certificates: PairCertificates;
    readonly routes: RoutesAccess | undefined;
    readonly updateKey: string | undefined;
  },
): pulumi.Output<Secrets> {
  return pulumi.secret(
    pulumi
      .all([database, probe, stats, lookup, egressAuthority, certificates, routes])
      .apply(([database, probe, stats, lookup, egressAuthority, certificates, routes]) =>
        secretsOf(
          { database, probe, stats },
          { lookup, egressAuthority, wireproxies, certificates, routes, updateKey },
        ),
      ),
  );
}
