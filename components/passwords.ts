import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type Secrets, secretsOf } from "../render/secrets.ts";
import type { SqlCertificate } from "../topology/secrets/certificates.ts";
import type { PasswordName } from "../topology/secrets/passwords.ts";
import type { Wireproxies } from "../topology/secrets/wireproxy.ts";

/** The passwords of one pair, each a secret output. */
export type Passwords = Readonly<Record<PasswordName, pulumi.Output<string>>>;

/** 32 characters that need no encoding anywhere. */
const generator = "head -c 24 /dev/urandom | base64 | tr '+/' '-_'";

/** Makes a pair's passwords, once. */
export function generatedPasswords(pair: string): Passwords {
  const password = (name: PasswordName) => madeOnce(`${pair}-${name}-password`, generator);
  return { database: password("database"), probe: password("probe"), stats: password("stats") };
}

/** The passwords that a person has set in the stack's config. */
export function givenPasswords(given: Readonly<Record<PasswordName, string>>): Passwords {
  return {
    database: pulumi.secret(given.database),
    probe: pulumi.secret(given.probe),
    stats: pulumi.secret(given.stats),
  };
}

export function renderSecrets(
  { database, probe, stats }: Passwords,
  {
    egressAuthority,
    wireproxies,
    certificate,
  }: {
    readonly egressAuthority: pulumi.Output<string> | undefined;
    readonly wireproxies: Wireproxies | undefined;
    readonly certificate: pulumi.Output<SqlCertificate> | undefined;
  },
): pulumi.Output<Secrets> {
  return pulumi.secret(
    pulumi
      .all([database, probe, stats, egressAuthority, certificate])
      .apply(([database, probe, stats, egressAuthority, certificate]) =>
        secretsOf({ database, probe, stats }, { egressAuthority, wireproxies, certificate }),
      ),
  );
}

/**
 * The secret that `script` prints when it reads `stdin`, made once and kept in the stack's encrypted state. No later change makes a new
 * one: a password that changed without being asked for would lock every client out.
 */
export function madeOnce(
  name: string,
  script: string,
  opts: pulumi.CustomResourceOptions = {},
  stdin?: pulumi.Input<string>,
): pulumi.Output<string> {
  const command = new local.Command(
    name,
    { create: script, logging: "none", ...(stdin !== undefined && { stdin }) },
    pulumi.mergeOptions(opts, { additionalSecretOutputs: ["stdout"], ignoreChanges: ["*"] }),
  );
  return pulumi.secret(command.stdout);
}
