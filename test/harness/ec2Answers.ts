/** What an account of AWS and hosts in it answer where nothing is wrong. */

/** Answers of the provider's functions, by name. */
export const accountAnswers: Readonly<Record<string, Record<string, unknown>>> = {
  getCallerIdentity: { accountId: "123456789012", arn: "arn:aws:sts::123456789012:assumed-role/admin/me" },
  getPartition: { partition: "aws" },
  getAmi: {
    architecture: "arm64",
    name: "debian-13-arm64",
    rootDeviceName: "/dev/xvda",
    blockDeviceMappings: [{ deviceName: "/dev/xvda", ebs: { volume_size: "8" } }],
  },
  getVpc: {
    cidrBlockAssociations: [{ cidrBlock: "10.0.0.0/16" }],
    enableDnsSupport: true,
    enableDnsHostnames: true,
  },
  getSubnet: { vpcId: "vpc-0123456789abcdef0", cidrBlock: "10.0.1.0/24", availabilityZone: "eu-central-1a" },
  getElasticIp: { arn: "arn:elastic-ip/named", publicIp: "203.0.113.9" },
  getRouteTable: { vpcId: "vpc-0123456789abcdef0" },
  getKeyPair: {},
  getSessionContext: { issuerArn: "arn:aws:iam::123456789012:role/admin" },
  getPrincipalPolicySimulation: { results: [] },
};

/** What the script of the facts prints on the host of that name. */
export function hostFacts(name: string): string {
  return [
    "distribution debian 13 Debian GNU/Linux 13 (trixie)",
    `machine id-of-${name} boot-of-${name}`,
    "root yes",
    "interface ens5",
    `login 10.0.0.5 40000 10.0.1.${{ haproxy1: 20, haproxy2: 21 }[name] ?? 30} 22`,
    "loginInterface ens5",
  ].join("\n");
}
