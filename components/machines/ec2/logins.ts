import * as pulumi from "@pulumi/pulumi";
import { messageOf } from "../../../base/failure.ts";
import type { Connection } from "../../../contract/stackOutputs.ts";
import type { Ec2Section } from "../../../topology/ec2.ts";
import { publicKeyOf, sshKey } from "../../sshKeys.ts";
import { privateKeyOf } from "../hosts/privateKey.ts";
import type { Make } from "./kinds.ts";

/** With what an operator logs in. */
export interface Logins {
  /** Name of the key pair, and what has to be there before an instance has it. */
  keyPair(vpcId: pulumi.Input<string>): {
    readonly keyName: pulumi.Input<string>;
    readonly ready: readonly pulumi.Resource[];
  };
  /** Undefined where the SSH agent has it. Secret. */
  readonly privateKey: pulumi.Output<string | undefined>;
}

/**
 * A key pair that exists, with the operator's private key; or one that is made of the operator's key, or of a new one.
 * @throws pulumi.RunError where the operator's key cannot be read
 */
export function loginsOf(make: Make, section: Ec2Section, parent: pulumi.Resource): Logins {
  const { keyPair, identityFile } = section;
  if (keyPair !== undefined)
    return { keyPair: () => ({ keyName: keyPair, ready: [] }), privateKey: pulumi.secret(own(section)) };
  const privateKey =
    identityFile === undefined ? sshKey("ssh-key", { parent }) : pulumi.secret(imported(section));
  const publicKey = pulumi.unsecret(privateKey.apply((key) => publicKeyOf(key, "ec2.identityFile")));
  return {
    keyPair: (vpcId) => {
      // The name stays when the key changes: another name would replace every instance. No other stack has it.
      const keyName = pulumi.interpolate`hapair-${vpcId}-${pulumi.getStack()}`;
      return {
        keyName,
        ready: [make("keyPair", "ssh", { keyName, publicKey }, { deleteBeforeReplace: true })],
      };
    },
    privateKey,
  };
}

function own(section: Ec2Section): string | undefined {
  try {
    return privateKeyOf("ec2", section);
  } catch (error) {
    throw new pulumi.RunError(messageOf(error));
  }
}

/** The kinds of keys that AWS imports (EC2 API, ImportKeyPair). */
const importable = /^ssh-(rsa|ed25519) /;

/** @throws pulumi.RunError where AWS would refuse it */
function imported(section: Ec2Section): string {
  const key = own(section) ?? "";
  const publicKey = publicKeyOf(key, "ec2.identityFile");
  if (!importable.test(publicKey))
    throw new pulumi.RunError(
      `ec2.identityFile: ${section.identityFile} is a key of ${publicKey.split(" ", 1)[0]}, and AWS imports RSA and ed25519 alone: name such a key, or set ec2.keyPair to a key pair that exists`,
    );
  return key;
}

/** How a host is reached. */
export function connectionOf(
  { user, bastion }: Ec2Section,
  host: string,
  hostKey: string,
  privateKey: string | undefined,
): Connection {
  const key = privateKey === undefined ? {} : { privateKey };
  const proxy = bastion && {
    host: bastion.host,
    port: bastion.port,
    user: bastion.user ?? user,
    hostKey: bastion.hostKey,
    ...key,
  };
  return { host, port: 22, user, hostKey, ...key, ...(proxy && { proxy }) };
}
