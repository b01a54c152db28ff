import type { NetworkInterface } from "@pulumi/aws/ec2/networkInterface.js";
import * as pulumi from "@pulumi/pulumi";
import type { Ec2Section } from "../../../topology/ec2.ts";
import type { Pair } from "../../../topology/topology.ts";
import type { Account } from "./account/account.ts";
import type { Make } from "./kinds.ts";
import type { Ec2Network } from "./network.ts";
import { type MovedResources, moverPolicy, type PolicyDocument } from "./policy.ts";

/** A pair's virtual address in AWS, and who may move it. */
export interface MadeAddress {
  /** Keeps others from getting it; empty where its mode needs none. */
  readonly reserved: readonly pulumi.Resource[];
  readonly allocationId?: pulumi.Input<string>;
  readonly publicAddress?: pulumi.Input<string>;
  readonly routeTableIds?: readonly pulumi.Input<string>[];
  readonly policy: pulumi.Output<PolicyDocument>;
}

/** What there is before the address. */
interface MadeBefore {
  readonly network: Ec2Network;
  readonly account: Account;
  readonly elastic: ElasticAddress | undefined;
}

/**
 * What a virtual address needs in AWS. It moves without Pulumi: where an input would name its holder, changes of that
 * input are ignored, or the next roll-out would take the address off the node that holds it.
 */
export function virtualAddress(
  make: Make,
  section: Ec2Section,
  pair: Pair,
  interfaces: readonly NetworkInterface[],
  { network, account, elastic }: MadeBefore,
): MadeAddress {
  const { address, aws } = pair.vip;
  if (aws === undefined) throw new Error(`${pair.name}: its address has no mode of AWS`);
  const interfaceArns = interfaces.map(({ arn }) => arn);
  const policy = (moved: pulumi.Input<Partial<pulumi.Unwrap<MovedResources>>>) =>
    pulumi
      .all([pulumi.all(interfaceArns), moved])
      .apply(([interfaces, moved]) => moverPolicy(aws.mode, { routeTables: [], ...moved, interfaces }));
  if (aws.mode === "route") {
    const tables = [
      ...network.tables.map(({ name, table: { id, arn } }) => ({ name, id, arn })),
      ...section.routeTables.map((id) => ({ name: id, id, arn: account.arnOf(`route-table/${id}`) })),
    ];
    for (const { name, id } of tables)
      make(
        "route",
        `${pair.name}-vip-${name}`,
        {
          routeTableId: id,
          destinationCidrBlock: `${address}/32`,
          ...(interfaces[0] && { networkInterfaceId: interfaces[0].id }),
        },
        { ignoreChanges: ["networkInterfaceId"] },
      );
    return {
      reserved: [],
      routeTableIds: tables.map(({ id }) => id),
      policy: policy(pulumi.all(tables.map(({ arn }) => arn)).apply((routeTables) => ({ routeTables }))),
    };
  }
  const first = pair.nodes[0]?.address;
  const reserved =
    aws.mode === "secondary-ip" && first !== undefined
      ? [
          // AWS gives the address to no other interface on its own.
          make("reservation", `${pair.name}-vip`, {
            subnetId: network.subnetId(first),
            cidrBlock: `${address}/32`,
            reservationType: "explicit",
            description: `hapair: virtual address of ${pair.name}`,
          }),
        ]
      : [];
  return {
    reserved,
    ...(elastic && { allocationId: elastic.id, publicAddress: elastic.publicAddress }),
    policy: policy(
      elastic ? pulumi.output(elastic.arn).apply((elasticIp) => ({ elasticIp })) : pulumi.output({}),
    ),
  };
}

/** An Elastic IP that is a virtual address or follows it. */
export interface ElasticAddress {
  readonly id: pulumi.Input<string>;
  readonly arn: pulumi.Input<string>;
  readonly publicAddress: pulumi.Input<string>;
  /** Absent for one that is named. */
  readonly made?: pulumi.Resource;
}

/** The one that is named, or one that is made to follow the private address: the mover associates it. */
export function elasticAddress(
  make: Make,
  { name, vip }: Pair,
  account: Account,
): ElasticAddress | undefined {
  const named = account.elasticIps[name];
  if (named !== undefined) return named;
  if (vip.aws?.elasticIp !== "follow") return undefined;
  const made = make("elasticIp", `${name}-vip`, { domain: "vpc" });
  return { id: made.id, arn: made.arn, publicAddress: made.publicIp, made };
}
