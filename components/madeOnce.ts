import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/** A shell command that prints 32 characters that need no encoding anywhere. */
export const generator = "head -c 24 /dev/urandom | base64 | tr '+/' '-_'";

/**
 * The secret that `script` prints when it reads `stdin`, made once and kept in the stack's encrypted state. No later
 * change makes a new one: a password that changed without being asked for would lock every client out.
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
