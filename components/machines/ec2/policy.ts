import type { Vip } from "../../../topology/topology.ts";

/** What an address of AWS moves between, by ARN. */
export interface MovedResources {
  /** The nodes' network interfaces. */
  readonly interfaces: readonly string[];
  /** The Elastic IP that is the virtual address or follows it. */
  readonly elasticIp?: string | undefined;
  readonly routeTables: readonly string[];
}

interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: string | readonly string[];
  readonly Resource: readonly string[] | "*";
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** What a node may do in AWS: move its pair's address, and nothing else. It confirms moves by its own metadata. */
export function moverPolicy(
  mode: NonNullable<Vip["aws"]>["mode"],
  { interfaces, elasticIp, routeTables }: MovedResources,
): PolicyDocument {
  const associate = allow("MoveElasticIp", "ec2:AssociateAddress", [
    ...(elasticIp === undefined ? [] : [elasticIp]),
    ...interfaces,
  ]);
  const statements = {
    "secondary-ip": [
      allow("MovePrivateAddress", "ec2:AssignPrivateIpAddresses", interfaces),
      ...(elasticIp === undefined ? [] : [associate]),
    ],
    "elastic-ip": [associate],
    route: [
      allow("MoveRoute", "ec2:ReplaceRoute", routeTables),
      // Metadata has no routes, and IAM knows no resource of a call that describes.
      allow("SeeRoutes", "ec2:DescribeRouteTables", "*"),
    ],
  }[mode];
  return { Version: "2012-10-17", Statement: statements };
}

function allow(sid: string, action: string, resource: Statement["Resource"]): Statement {
  return { Sid: sid, Effect: "Allow", Action: action, Resource: resource };
}

/** Lets EC2 hand a role to an instance. */
export const instanceTrust = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: "ec2.amazonaws.com" }, Action: "sts:AssumeRole" }],
});
