import type { Instance } from "@pulumi/aws/ec2/instance.js";
import * as pulumi from "@pulumi/pulumi";
import type { AwsFacts } from "../../../render/hostFacts.ts";
import { type Host, hostsOf } from "../../../topology/hosts.ts";
import type { Pair, Target, Topology } from "../../../topology/topology.ts";
import { publicKeyOf, sshKey } from "../../sshKeys.ts";
import { askedMachines } from "../hosts/askedMachines.ts";
import { dialled, type Machine } from "../machine.ts";
import type { Account } from "./account.ts";
import { endpointGroup, nodesOf, poolOf } from "./flows.ts";
import { hostInstance, hostInterface } from "./instances.ts";
import { type Ec2Transform, type Make, maker } from "./kinds.ts";
import { connectionOf, loginsOf, sshLine } from "./logins.ts";
import { apiEndpoint, ec2Network } from "./network.ts";
import { instanceTrust } from "./policy.ts";
import { idIn, securityGroups } from "./securityGroups.ts";
import { type MadeAddress, virtualAddress } from "./virtualAddress.ts";

export interface Ec2MachinesArgs {
  readonly target: Target<"ec2">;
  readonly topology: Topology;
  readonly account: Account;
  readonly transform?: Ec2Transform | undefined;
}

/** A new instance answers after its boot. */
const patience = { dialErrorLimit: 60, perDialTimeout: 10 };

/** The stack's hosts as instances of EC2, with the network, the addresses and the permissions that they need. */
export class Ec2Machines extends pulumi.ComponentResource {
  declare readonly machines: Readonly<Record<string, Machine>>;
  /** By pair. */
  declare readonly publicAddresses: Readonly<Record<string, pulumi.Input<string>>>;
  /** By host. */
  declare readonly sshLines: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(
    name: string,
    { target, topology, account, transform = {} }: Ec2MachinesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hapair:index:Ec2Machines", name, {}, opts);
    const make = maker(this, transform);
    const { pairs } = topology;
    const network = ec2Network(make, target, pairs);
    const { groups, rules } = securityGroups(make, network.vpcId, target, topology);
    const api =
      target.api === "endpoint"
        ? [apiEndpoint(make, network, target, pairs, idIn(groups, endpointGroup))]
        : [];
    const { keyName, privateKey } = loginsOf(make, target, this);
    const interfaces = new Map(
      ofPairs(topology).map((host) => {
        const groupId = idIn(groups, host.role === "node" ? nodesOf(host.pair) : poolOf(host.pair));
        return [host.name, hostInterface(make, host, { subnetId: network.subnetId(host.address), groupId })];
      }),
    );
    const interfaceOf = (host: string) => {
      const found = interfaces.get(host);
      if (found === undefined) throw new Error(`${host} has no network interface`);
      return found;
    };
    const addresses = new Map(
      pairs.map((pair) => {
        const own = pair.nodes.map((node) => interfaceOf(node.name));
        return [pair.name, virtualAddress(make, target, pair, own, { network, account })];
      }),
    );
    const profiles = new Map(
      [...addresses].map(([pair, { policy }]) => [pair, moverProfile(make, pair, policy)]),
    );
    const before = [...network.ready, ...rules, ...api];
    const instances: Instance[] = [];
    const reached = ofPairs(topology)
      // The first node, which holds the address after the first roll-out, is replaced last.
      .toReversed()
      .map((host) => {
        const networkInterface = interfaceOf(host.name);
        const hostKey = sshKey(`${host.name}-host-key`, { parent: this });
        const profile = host.role === "node" ? profiles.get(host.pair.name) : undefined;
        const instance = hostInstance(make, target, {
          host,
          networkInterface,
          keyName,
          hostKey,
          ...(profile && { instanceProfile: profile.name }),
          dependsOn: [...before, ...(host.role === "node" ? instances : [])],
        });
        if (host.role === "node") instances.push(instance);
        const address =
          target.api === "public"
            ? make(
                "elasticIp",
                `${host.name}-public`,
                {
                  domain: "vpc",
                  networkInterface: networkInterface.id,
                  associateWithPrivateIp: host.address,
                },
                { dependsOn: [...network.ready, instance] },
              ).publicIp
            : pulumi.output(host.address);
        const connection = pulumi.secret(
          pulumi.all([address, hostKey, privateKey, instance.id]).apply(([address, hostKey, privateKey]) => {
            const publicKey = publicKeyOf(hostKey, `${host.name}'s SSH key in the stack's state`);
            return dialled(connectionOf(target, address, publicKey, privateKey), patience);
          }),
        );
        return { host, connection, identity: instance.id, address };
      })
      .toReversed();

    this.machines = Object.fromEntries(
      askedMachines(topology, reached, this).map(({ packages, ...machine }, index): [string, Machine] => {
        const host = reached[index]?.host;
        const aws =
          host?.role === "node"
            ? awsFacts(interfaceOf(host.name).id, addresses.get(host.pair.name))
            : undefined;
        return [machine.name, { ...machine, ready: [packages], ...(aws && { aws }) }];
      }),
    );
    this.sshLines = Object.fromEntries(
      reached.map(({ host, address }) => [host.name, address.apply((address) => sshLine(target, address))]),
    );
    this.publicAddresses = Object.fromEntries(
      [...addresses].flatMap(([pair, { publicAddress }]) =>
        publicAddress === undefined ? [] : [[pair, publicAddress] as const],
      ),
    );
    this.registerOutputs({ sshLines: this.sshLines, publicAddresses: this.publicAddresses });
  }
}

type PairHost = Extract<Host, { readonly pair: Pair }>;

function ofPairs(topology: Topology): readonly PairHost[] {
  return hostsOf(topology).filter((host) => host.role !== "internet");
}

/** What the nodes of a pair may do in AWS. */
function moverProfile(make: Make, pair: string, policy: MadeAddress["policy"]) {
  const role = make("role", `${pair}-nodes`, {
    assumeRolePolicy: instanceTrust,
    description: `hapair: moves the virtual address of ${pair}`,
  });
  make("rolePolicy", `${pair}-nodes`, {
    role: role.id,
    policy: policy.apply((document) => JSON.stringify(document)),
  });
  return make("instanceProfile", `${pair}-nodes`, { role: role.name });
}

function awsFacts(
  interfaceId: pulumi.Input<string>,
  address: MadeAddress | undefined,
): pulumi.Output<AwsFacts> {
  const { allocationId, routeTableIds } = address ?? {};
  return pulumi
    .all([interfaceId, allocationId, pulumi.all([...(routeTableIds ?? [])])])
    .apply(([interfaceId, allocationId, tables]) => ({
      interfaceId,
      ...(allocationId !== undefined && { allocationId }),
      ...(tables.length > 0 && { routeTableIds: tables }),
    }));
}
