import type { Topology } from "../../topology/topology.ts";

/** An answer of an account of AWS that has all that the config names, just as it says. */
export function playedAnswer(
  token: string,
  inputs: Readonly<Record<string, unknown>>,
  { target, pairs }: Topology,
): Record<string, unknown> {
  if (target.kind !== "ec2") throw new Error(`${token}: nobody is there to answer`);
  const { architecture, vpc, subnets } = target;
  const subnet = subnets.find(({ id }) => id === inputs.id);
  const vip = pairs.find((pair) => pair.vip.aws?.elasticIp === inputs.id)?.vip;
  const answers: Readonly<Record<string, Record<string, unknown>>> = {
    // IAM simulates nothing for an account's root user.
    getCallerIdentity: { accountId: "123456789012", arn: "arn:aws:iam::123456789012:root" },
    getPartition: { partition: "aws" },
    getAmi: {
      architecture: { arm64: "arm64", amd64: "x86_64" }[architecture],
      rootDeviceName: "",
      blockDeviceMappings: [],
    },
    getVpc: { cidrBlockAssociations: [], enableDnsSupport: true, enableDnsHostnames: true },
    getSubnet: { vpcId: vpc.id, cidrBlock: subnet?.cidr, availabilityZone: subnet?.zone },
    getElasticIp: { arn: `arn:aws:ec2:elastic-ip/${inputs.id}`, publicIp: vip?.address },
    getRouteTable: { vpcId: vpc.id },
  };
  return { ...inputs, ...answers[token.split(":").at(-1) ?? ""] };
}

/** A resource of AWS as far as others need it. */
export function playedResource(type: string, name: string, inputs: Readonly<Record<string, unknown>>) {
  const id = `${type.split(":").at(-1)}/${name}`;
  return { id, state: { arn: `arn:${id}`, keyName: name, name, ...inputs } };
}
