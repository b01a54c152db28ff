import type { Instance } from "@pulumi/aws/ec2/instance.js";
import type { NetworkInterface } from "@pulumi/aws/ec2/networkInterface.js";
import * as pulumi from "@pulumi/pulumi";
import type { Ec2Section } from "../../../topology/ec2.ts";
import { publicKeyOf, sshKey } from "../../sshKeys.ts";
import type { ReachedHost } from "../hosts/askedMachines.ts";
import { dialled } from "../machine.ts";
import { hostInstance, type PairHost } from "./instances.ts";
import type { Make } from "./kinds.ts";
import { connectionOf, type Logins } from "./logins.ts";

export interface StartedHostsArgs {
  readonly section: Ec2Section;
  readonly privateKey: Logins["privateKey"];
  readonly keyName: pulumi.Input<string>;
  readonly interfaceOf: (host: string) => NetworkInterface;
  /** Name of the instance profile of a node. */
  readonly profileOf: (host: PairHost) => pulumi.Input<string> | undefined;
  /** What lets a host reach others. */
  readonly ready: readonly pulumi.Resource[];
}

/** A new instance answers after its boot. */
const whileItBoots = { dialErrorLimit: 60, perDialTimeout: 10 };
/** One that has answered before is waited for a minute or two: another type restarts it. */
const patience = { dialErrorLimit: 8, perDialTimeout: 10 };

/** Starts an instance for each host; of the nodes of a pair each after the next one, so that one run replaces one at a time. */
export function startedHosts(
  make: Make,
  parent: pulumi.Resource,
  hosts: readonly PairHost[],
  { section, privateKey, keyName, interfaceOf, profileOf, ready }: StartedHostsArgs,
): readonly ReachedHost[] {
  const nodes: Instance[] = [];
  const started = hosts.toReversed().map((host): ReachedHost => {
    const networkInterface = interfaceOf(host.name);
    const hostKey = sshKey(`${host.name}-host-key`, { parent });
    const instanceProfile = profileOf(host);
    const instance = hostInstance(make, section, {
      host,
      networkInterface,
      keyName,
      hostKey,
      ...(instanceProfile !== undefined && { instanceProfile }),
      dependsOn: [...ready, ...(host.role === "node" ? nodes : [])],
    });
    if (host.role === "node") nodes.push(instance);
    const address =
      section.api === "public"
        ? publicAddress(make, host, networkInterface, [...ready, instance])
        : pulumi.output(host.address);
    const login = pulumi.secret(
      // The id is awaited, not used: nobody dials before there is an instance.
      pulumi.all([address, hostKey, privateKey, instance.id]).apply(([address, hostKey, privateKey]) => {
        const publicKey = publicKeyOf(hostKey, `${host.name}'s SSH key in the stack's state`);
        return connectionOf(section, address, publicKey, privateKey);
      }),
    );
    return {
      host,
      connection: login.apply((login) => dialled(login, patience)),
      firstConnection: login.apply((login) => dialled(login, whileItBoots)),
      identity: instance.id,
    };
  });
  return started.toReversed();
}

/** A host's own public address, which never moves. */
function publicAddress(
  make: Make,
  host: PairHost,
  { id }: NetworkInterface,
  dependsOn: pulumi.Resource[],
): pulumi.Output<string> {
  return make(
    "elasticIp",
    `${host.name}-public`,
    { domain: "vpc", networkInterface: id, associateWithPrivateIp: host.address },
    { dependsOn },
  ).publicIp;
}
