import { getPrincipalPolicySimulation } from "@pulumi/aws/iam/getPrincipalPolicySimulation.js";
import { getSessionContext } from "@pulumi/aws/iam/getSessionContext.js";
import * as pulumi from "@pulumi/pulumi";
import { messageOf } from "../../../base/failure.ts";
import { type Ec2Section, wayOutOf } from "../../../topology/ec2.ts";
import type { Pair } from "../../../topology/topology.ts";

/** Actions that a roll-out needs in AWS, sorted. Pure. */
export function neededActions(section: Ec2Section, pairs: readonly Pair[]): readonly string[] {
  const ways = section.subnets.map((subnet) => wayOutOf(section, subnet, pairs));
  const modes = pairs.flatMap(({ vip }) => vip.aws ?? []);
  const needed: readonly (readonly [boolean, readonly string[]])[] = [
    [true, always],
    [section.vpc.cidr !== undefined, ofVpc],
    [ways.some((way) => way === "nat" || way === "gateway"), ofGateway],
    [ways.includes("nat"), ["ec2:CreateNatGateway", "ec2:DeleteNatGateway", ...ofElasticIp]],
    [section.api === "endpoint", ["ec2:CreateVpcEndpoint", "ec2:DeleteVpcEndpoints"]],
    [section.api === "public" || modes.some(({ elasticIp }) => elasticIp === "follow"), ofElasticIp],
    [section.keyPair === undefined, ["ec2:ImportKeyPair", "ec2:DeleteKeyPair"]],
    [section.subnets.some(({ id }) => id === undefined), ["ec2:CreateSubnet", "ec2:DeleteSubnet"]],
    [
      modes.some(({ mode }) => mode === "secondary-ip"),
      ["ec2:CreateSubnetCidrReservation", "ec2:DeleteSubnetCidrReservation"],
    ],
    [modes.some(({ mode }) => mode === "route"), ["ec2:CreateRoute", "ec2:DeleteRoute"]],
  ];
  return [...new Set(needed.flatMap(([is, actions]) => (is ? actions : [])))].sort();
}

const ofElasticIp = ["ec2:AllocateAddress", "ec2:ReleaseAddress", "ec2:AssociateAddress"];
const ofGateway = ["ec2:CreateInternetGateway", "ec2:AttachInternetGateway", "ec2:CreateRoute"];
const ofVpc = [
  ...["ec2:CreateVpc", "ec2:DeleteVpc", "ec2:ModifyVpcAttribute"],
  ...["ec2:CreateRouteTable", "ec2:DeleteRouteTable", "ec2:AssociateRouteTable"],
];
const always = [
  ...["ec2:RunInstances", "ec2:TerminateInstances", "ec2:ModifyInstanceAttribute", "ec2:CreateTags"],
  ...["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute"],
  ...["ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup"],
  ...["ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"],
  ...["ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"],
  ...["iam:CreateRole", "iam:DeleteRole", "iam:PutRolePolicy", "iam:PassRole"],
  ...["iam:CreateInstanceProfile", "iam:DeleteInstanceProfile", "iam:AddRoleToInstanceProfile"],
];

/**
 * Permissions that whoever runs the commands lacks, by IAM's own simulation. Where IAM does not answer, that is a warning:
 * the roll-out itself will tell.
 */
export async function permissionProblems(
  section: Ec2Section,
  pairs: readonly Pair[],
  callerArn: string,
  opts: pulumi.InvokeOptions,
): Promise<readonly string[]> {
  // IAM simulates nothing for an account's root user, who may do everything.
  if (callerArn.endsWith(":root")) return [];
  try {
    // A session has the permissions of its role.
    const { issuerArn } = await getSessionContext({ arn: callerArn }, opts);
    const { results } = await getPrincipalPolicySimulation(
      { policySourceArn: issuerArn, actionNames: [...neededActions(section, pairs)] },
      opts,
    );
    const denied = results
      .filter(({ allowed, missingContextKeys }) => !allowed && missingContextKeys.length === 0)
      .map(({ actionName }) => actionName);
    if (denied.length === 0) return [];
    return [
      `AWS does not allow ${issuerArn} ${denied.sort().join(", ")}: add these to its policy; where it allows them for some resources only, set ec2.checkPermissions to false`,
    ];
  } catch (error) {
    await pulumi.log.warn(
      `permissions in AWS are not checked beforehand, as IAM does not simulate them: ${messageOf(error).trim().split("\n").at(-1)}`,
    );
    return [];
  }
}
