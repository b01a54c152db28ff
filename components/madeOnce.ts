import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

/**
 * The secret that `script` prints, made once and kept in the stack's encrypted state. Nothing that changes later
 * makes it anew: a password that changes by itself locks everybody out.
 */
export function madeOnce(
  name: string,
  script: string,
  opts: pulumi.CustomResourceOptions = {},
): pulumi.Output<string> {
  const command = new local.Command(
    name,
    { create: script, logging: "none" },
    pulumi.mergeOptions(opts, { additionalSecretOutputs: ["stdout"], ignoreChanges: ["*"] }),
  );
  return pulumi.secret(command.stdout);
}
