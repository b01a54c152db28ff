import * as pulumi from "@pulumi/pulumi";
import ssh2 from "ssh2";
import { madeOnce } from "./madeOnce.ts";

// Nothing but the key may be printed: ssh-keygen's own messages go to standard output.
const keygen =
  'd=$(mktemp -d) && ssh-keygen -q -t ed25519 -N "" -C hapair -f "$d/key" && cat "$d/key"; s=$?; rm -r "$d"; exit $s';

/** A private SSH key in OpenSSH's format, made once. Secret. */
export function sshKey(name: string, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  return madeOnce(name, keygen, opts);
}

/**
 * The public half of a private key, as one line.
 * @param owner of the key, for the error
 * @throws pulumi.RunError where the text is no private key
 */
export function publicKeyOf(privateKey: string, owner: string): string {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error) throw new pulumi.RunError(`${owner}: ${key.message}`);
  return `${key.type} ${key.getPublicSSH().toString("base64")}`;
}
