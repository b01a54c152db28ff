import { type Answers, identity } from "./awsFake.ts";

/** An account of AWS with room, with everything that the tests' configs name, and with every permission. */

const item = (inner: string) => `<item>${inner}</item>`;
export const image = (architecture: string, diskGb = 8) =>
  `<imagesSet>${item(
    `<imageId>ami-0</imageId><name>debian-13</name><architecture>${architecture}</architecture><rootDeviceName>/dev/xvda</rootDeviceName><blockDeviceMapping>${item(`<deviceName>/dev/xvda</deviceName><ebs><volumeSize>${diskGb}</volumeSize></ebs>`)}</blockDeviceMapping>`,
  )}</imagesSet>`;
export const vpc = (range = "10.0.0.0/16") =>
  `<vpcSet>${item(`<vpcId>vpc-0123456789abcdef0</vpcId><cidrBlockAssociationSet>${item(`<cidrBlock>${range}</cidrBlock>`)}</cidrBlockAssociationSet>`)}</vpcSet>`;
export const subnet = (vpcId: string, cidr: string, zone: string) =>
  `<subnetSet>${item(`<vpcId>${vpcId}</vpcId><cidrBlock>${cidr}</cidrBlock><availabilityZone>${zone}</availabilityZone>`)}</subnetSet>`;
export const simulation = (denied: readonly string[]) =>
  `<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>${[
    "<member><EvalActionName>ec2:CreateVpc</EvalActionName><EvalDecision>allowed</EvalDecision><MissingContextValues/></member>",
    "<member><EvalActionName>iam:PassRole</EvalActionName><EvalDecision>implicitDeny</EvalDecision><MissingContextValues><member>iam:PassedToService</member></MissingContextValues></member>",
    ...denied.map(
      (action) =>
        `<member><EvalActionName>${action}</EvalActionName><EvalDecision>implicitDeny</EvalDecision><MissingContextValues/></member>`,
    ),
  ].join("")}</EvaluationResults></SimulatePrincipalPolicyResult>`;
export const types = (architecture: string) =>
  `<instanceTypeSet>${item(`<vCpuInfo><defaultVCpus>2</defaultVCpus></vCpuInfo><processorInfo><supportedArchitectures>${item(architecture)}</supportedArchitectures></processorInfo>`)}</instanceTypeSet>`;
export const offerings = (...zones: string[]) =>
  `<instanceTypeOfferingSet>${zones.map((zone) => item(`<location>${zone}</location>`)).join("")}</instanceTypeOfferingSet>`;
export const networkInterface = (id: string, description: string, address: string) =>
  item(
    `<networkInterfaceId>${id}</networkInterfaceId><description>${description}</description><privateIpAddressesSet>${item(`<privateIpAddress>${address}</privateIpAddress>`)}</privateIpAddressesSet>`,
  );
/** Instances of somebody else that run. */
export const running = (count: number) =>
  `<reservationSet>${item(
    `<instancesSet>${item("<instanceType>m7g.large</instanceType><cpuOptions><coreCount>2</coreCount><threadsPerCore>1</threadsPerCore></cpuOptions>").repeat(count)}</instancesSet>`,
  )}</reservationSet>`;

/** The Elastic IP that the tests' configs name. */
export const addresses = (inner = "") =>
  `<addressesSet>${item(`<allocationId>eipalloc-0123456789abcdef0</allocationId><publicIp>203.0.113.9</publicIp>${inner}`)}</addressesSet>`;

export const goodAccount: Answers = {
  "sts:GetCallerIdentity": () => identity(),
  "iam:GetRole": () =>
    "<GetRoleResult><Role><Arn>arn:aws:iam::123456789012:role/teams/admin</Arn></Role></GetRoleResult>",
  "iam:SimulatePrincipalPolicy": () => simulation([]),
  "ec2:DescribeAvailabilityZones": () =>
    `<availabilityZoneInfo>${["a", "b", "c"].map((one) => item(`<zoneName>eu-central-1${one}</zoneName>`)).join("")}</availabilityZoneInfo>`,
  "ec2:DescribeInstanceTypes": () => types("arm64"),
  "ec2:DescribeInstanceTypeOfferings": () => offerings("eu-central-1a", "eu-central-1b"),
  "ec2:DescribeImages": () => image("arm64"),
  "ec2:DescribeVpcs": () => vpc(),
  "ec2:DescribeVpcAttribute": ({ parameters }) =>
    `<${parameters.Attribute}><value>true</value></${parameters.Attribute}>`,
  "ec2:DescribeSubnets": () => subnet("vpc-0123456789abcdef0", "10.0.1.0/24", "eu-central-1a"),
  "ec2:DescribeRouteTables": () =>
    `<routeTableSet>${item("<vpcId>vpc-0123456789abcdef0</vpcId>")}</routeTableSet>`,
  "ec2:DescribeKeyPairs": () => `<keySet>${item("<keyName>operators</keyName>")}</keySet>`,
  "ec2:DescribeAddresses": () => addresses(),
  "ec2:DescribeNetworkInterfaces": () => "<networkInterfaceSet/>",
  "ec2:DescribeVpcEndpoints": () => "<vpcEndpointSet/>",
  "ec2:DescribeInstances": () => running(1),
  "servicequotas:GetServiceQuota": ({ parameters }) => ({
    Quota: { Value: { "L-1216C47A": 32 }[parameters.QuotaCode ?? ""] ?? 5 },
  }),
};
