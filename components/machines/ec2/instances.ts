import type { Instance } from "@pulumi/aws/ec2/instance.js";
import type { NetworkInterface } from "@pulumi/aws/ec2/networkInterface.js";
import * as pulumi from "@pulumi/pulumi";
import { type Ec2Section, instanceTypeOf } from "../../../topology/ec2.ts";
import type { Host } from "../../../topology/hosts.ts";
import { postgresMachineOf } from "../../../topology/pool.ts";
import type { Pair } from "../../../topology/topology.ts";
import { publicKeyOf } from "../../sshKeys.ts";
import type { Make } from "./kinds.ts";
import { userData } from "./userData.ts";

/** A host of a pair: the only hosts that are instances. */
export type PairHost = Extract<Host, { readonly pair: Pair }>;

/**
 * A host's network interface with its fixed address, made before the instance and kept when that is replaced. On a node
 * it has the virtual address too, from time to time: only the mover says when.
 */
export function hostInterface(
  make: Make,
  host: PairHost,
  at: { readonly subnetId: pulumi.Input<string>; readonly groupId: pulumi.Input<string> },
  dependsOn: pulumi.Resource[],
): NetworkInterface {
  const isRouted = host.role === "node" && host.pair.vip.aws?.mode === "route";
  return make(
    "networkInterface",
    // With its address: another address is another interface, as changes of the addresses are ignored.
    `${host.name}-${host.address}`,
    {
      description: `hapair: ${host.name}`,
      subnetId: at.subnetId,
      privateIps: [host.address],
      securityGroups: [at.groupId],
      // A routed address is none of the interface's own.
      sourceDestCheck: !isRouted,
    },
    { ignoreChanges: ["privateIps", "privateIpsCount", "privateIpLists"], dependsOn },
  );
}

export interface HostInstanceArgs {
  readonly host: PairHost;
  readonly networkInterface: NetworkInterface;
  readonly keyName: pulumi.Input<string>;
  /** The host's private SSH key. Secret. */
  readonly hostKey: pulumi.Output<string>;
  readonly instanceProfile?: pulumi.Input<string>;
  readonly dependsOn: readonly pulumi.Resource[];
}

export function hostInstance(
  make: Make,
  section: Ec2Section,
  { host, networkInterface, keyName, hostKey, instanceProfile, dependsOn }: HostInstanceArgs,
): Instance {
  const keepsData = section.protect && hasPostgres(host);
  return make(
    "instance",
    `${host.name}-instance`,
    {
      ...(section.ami !== undefined && { ami: section.ami }),
      instanceType: instanceTypeOf(section),
      primaryNetworkInterface: { networkInterfaceId: networkInterface.id },
      keyName,
      ...(instanceProfile !== undefined && { iamInstanceProfile: instanceProfile }),
      // Version 2 alone, and no further than the instance itself.
      metadataOptions: { httpEndpoint: "enabled", httpTokens: "required", httpPutResponseHopLimit: 1 },
      rootBlockDevice: {
        encrypted: true,
        volumeType: "gp3",
        volumeSize: section.diskGb,
        deleteOnTermination: !keepsData,
        ...(section.kmsKey !== undefined && { kmsKeyId: section.kmsKey }),
      },
      disableApiTermination: keepsData,
      userData: pulumi.secret(
        hostKey.apply((key) =>
          userData(host.name, {
            private: key,
            public: publicKeyOf(key, `${host.name}'s SSH key in the stack's state`),
          }),
        ),
      ),
    },
    {
      ignoreChanges: [
        // Read at the first boot alone; a change must not replace the instance.
        ...["userData", "userDataBase64", "keyName"],
        // The interface has its own, and the provider's default differs from it (terraform-provider-aws #44768).
        "sourceDestCheck",
        // Nor must another image, with the data.
        ...(hasPostgres(host) ? ["ami"] : []),
      ],
      additionalSecretOutputs: ["userData"],
      // Both would need the interface at once.
      deleteBeforeReplace: true,
      protect: keepsData,
      dependsOn: [...dependsOn],
    },
  );
}

function hasPostgres(host: PairHost): boolean {
  return host.role === "pool" && postgresMachineOf(host.pool)?.name === host.name;
}
