import { type Ec2Section, wayOutOf } from "../../../../topology/ec2.ts";
import type { Pair } from "../../../../topology/topology.ts";
import type { PolicyDocument } from "../policy.ts";

/** What whoever runs the commands needs to be allowed in AWS. Pure. */

/** Actions by which a roll-out makes, changes or removes something, sorted. */
export function neededActions(section: Ec2Section, pairs: readonly Pair[]): readonly string[] {
  const ways = section.subnets.map((subnet) => wayOutOf(section, subnet, pairs));
  const modes = pairs.flatMap(({ vip }) => vip.aws ?? []);
  const needed: readonly (readonly [boolean, readonly string[]])[] = [
    [true, always],
    [section.vpc.cidr !== undefined, ofVpc],
    [ways.some((way) => way === "nat" || way === "gateway"), ofGateway],
    [ways.includes("nat"), ["ec2:CreateNatGateway", "ec2:DeleteNatGateway", ...ofElasticIp]],
    [
      section.api === "endpoint",
      ["ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint", "ec2:DeleteVpcEndpoints"],
    ],
    [section.api === "public" || modes.some(({ elasticIp }) => elasticIp === "follow"), ofElasticIp],
    [section.keyPair === undefined, ["ec2:ImportKeyPair", "ec2:DeleteKeyPair"]],
    [
      section.subnets.some(({ id }) => id === undefined),
      ["ec2:CreateSubnet", "ec2:DeleteSubnet", "ec2:ModifySubnetAttribute"],
    ],
    [
      modes.some(({ mode }) => mode === "secondary-ip"),
      ["ec2:CreateSubnetCidrReservation", "ec2:DeleteSubnetCidrReservation"],
    ],
    [modes.some(({ mode }) => mode === "route"), ["ec2:CreateRoute", "ec2:DeleteRoute"]],
  ];
  return [...new Set(needed.flatMap(([is, actions]) => (is ? actions : [])))].sort();
}

const ofElasticIp = [
  ...["ec2:AllocateAddress", "ec2:ReleaseAddress", "ec2:AssociateAddress", "ec2:DisassociateAddress"],
];
const ofGateway = [
  ...["ec2:CreateInternetGateway", "ec2:AttachInternetGateway", "ec2:DetachInternetGateway"],
  ...["ec2:DeleteInternetGateway", "ec2:CreateRoute", "ec2:ReplaceRoute", "ec2:DeleteRoute"],
];
const ofVpc = [
  ...["ec2:CreateVpc", "ec2:DeleteVpc", "ec2:ModifyVpcAttribute"],
  ...["ec2:CreateRouteTable", "ec2:DeleteRouteTable"],
  ...["ec2:AssociateRouteTable", "ec2:DisassociateRouteTable"],
];
const always = [
  ...["ec2:RunInstances", "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances"],
  ...["ec2:ModifyInstanceAttribute", "ec2:ModifyVolume"],
  ...["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute"],
  ...["ec2:DetachNetworkInterface", "ec2:CreateTags", "ec2:DeleteTags"],
  ...["ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup"],
  ...["ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress"],
  ...["ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress", "ec2:ModifySecurityGroupRules"],
  // What has tags when it is made needs the permission to tag it.
  ...["iam:CreateRole", "iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:PassRole"],
  ...["iam:PutRolePolicy", "iam:DeleteRolePolicy"],
  ...["iam:CreateInstanceProfile", "iam:DeleteInstanceProfile"],
  ...["iam:TagInstanceProfile", "iam:UntagInstanceProfile"],
  ...["iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile"],
];

/** What the provider and the commands ask AWS before they make something. */
const reads = [
  ...["ec2:Describe*", "ec2:GetSubnetCidrReservations"],
  ...["iam:GetInstanceProfile", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"],
  ...["iam:ListInstanceProfilesForRole", "iam:ListRolePolicies", "iam:SimulatePrincipalPolicy"],
  ...["servicequotas:GetServiceQuota", "ssm:GetParameters"],
];

/** A policy for whoever runs the commands on a stack: what it needs, and no more. */
export function operatorPolicy(section: Ec2Section, pairs: readonly Pair[]): PolicyDocument {
  const allow = (Sid: string, Action: readonly string[]) =>
    ({ Sid, Effect: "Allow", Action, Resource: "*" }) as const;
  return {
    Version: "2012-10-17",
    Statement: [allow("Look", reads), allow("RollOut", neededActions(section, pairs))],
  };
}
