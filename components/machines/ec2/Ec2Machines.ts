import * as pulumi from "@pulumi/pulumi";
import type { AwsFacts } from "../../../render/hostFacts.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import { askedMachines } from "../hosts/askedMachines.ts";
import type { Machine } from "../machine.ts";
import type { Account } from "./account/account.ts";
import { endpointGroup, nodesOf, poolOf } from "./flows.ts";
import { hostInterface, type PairHost } from "./instances.ts";
import { type Ec2Transform, type Make, maker } from "./kinds.ts";
import { loginsOf } from "./logins.ts";
import { apiEndpoint, ec2Network } from "./network.ts";
import { instanceTrust } from "./policy.ts";
import { idIn, securityGroups } from "./securityGroups.ts";
import { startedHosts } from "./startedHosts.ts";
import { elasticAddress, type MadeAddress, virtualAddress } from "./virtualAddress.ts";

export interface Ec2MachinesArgs {
  readonly target: Target<"ec2">;
  readonly topology: Topology;
  readonly account: Account;
  readonly transform?: Ec2Transform | undefined;
}

/** The stack's hosts as instances of EC2, with the network, the addresses and the permissions that they need. */
export class Ec2Machines extends pulumi.ComponentResource {
  declare readonly machines: Readonly<Record<string, Machine>>;
  /** By pair. */
  declare readonly publicAddresses: Readonly<Record<string, pulumi.Input<string>>>;

  constructor(
    name: string,
    { target, topology, account, transform = {} }: Ec2MachinesArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("hapair:index:Ec2Machines", name, {}, opts);
    const make = maker(this, transform);
    const { pairs } = topology;
    // First: a key that cannot be used is refused before anything is made.
    const logins = loginsOf(make, target, this);
    const network = ec2Network(make, target, pairs);
    const { groups, rules } = securityGroups(make, network.vpcId, target, topology);
    const elastic = new Map(pairs.map((pair) => [pair.name, elasticAddress(make, pair, account)] as const));
    const interfaces = new Map(
      ofPairs(topology).map((host) => {
        const groupId = idIn(groups, host.role === "node" ? nodesOf(host.pair) : poolOf(host.pair));
        const at = { subnetId: network.subnetId(host.address), groupId };
        // AWS releases no address that an interface has, and the state does not know that the mover associated it: the
        // interface is removed before.
        const associated = host.role === "node" ? elastic.get(host.pair.name)?.made : undefined;
        return [host.name, hostInterface(make, host, at, associated ? [associated] : [])];
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
        const before = { network, account, elastic: elastic.get(pair.name) };
        return [pair.name, virtualAddress(make, target, pair, own, before)];
      }),
    );
    // The endpoint takes any free address of the subnet: those of the hosts have to be taken before.
    const taken = [...interfaces.values(), ...[...addresses.values()].flatMap(({ reserved }) => reserved)];
    const api =
      target.api === "endpoint"
        ? [apiEndpoint(make, network, target, pairs, idIn(groups, endpointGroup), taken)]
        : [];
    const profiles = new Map(
      [...addresses].map(([pair, { policy }]) => [pair, moverProfile(make, pair, policy)]),
    );
    const { keyName, ready } = logins.keyPair(network.vpcId);
    const hosts = startedHosts(make, this, ofPairs(topology), {
      section: target,
      privateKey: logins.privateKey,
      keyName,
      interfaceOf,
      profileOf: (host) => (host.role === "node" ? profiles.get(host.pair.name)?.name : undefined),
      ready: [...network.ready, ...rules, ...api, ...ready],
    });

    const facts = new Map(
      ofPairs(topology).flatMap((host) =>
        host.role === "node"
          ? [[host.name, awsFacts(interfaceOf(host.name).id, addresses.get(host.pair.name))] as const]
          : [],
      ),
    );
    this.machines = Object.fromEntries(
      askedMachines(topology, hosts, this).map(({ packages, ...machine }): [string, Machine] => {
        const aws = facts.get(machine.name);
        return [machine.name, { ...machine, ready: [packages], ...(aws && { aws }) }];
      }),
    );
    this.publicAddresses = Object.fromEntries(
      [...addresses].flatMap(([pair, { publicAddress }]) =>
        publicAddress === undefined ? [] : [[pair, publicAddress] as const],
      ),
    );
    this.registerOutputs({ publicAddresses: this.publicAddresses });
  }
}

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
