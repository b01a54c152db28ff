import * as z from "zod";
import { subnet } from "../ip.ts";
import { Bastion, HostKey, LocalPath, User } from "./existingHosts.ts";
import { ClientNetwork, HostNetwork } from "./fields.ts";

/** The section of the target `ec2`: what is made in AWS, what is named there, and who may reach it. */

/** An id of AWS: its prefix, and 8 or 17 hexadecimal digits. */
function awsId(prefix: string, example: string) {
  return z
    .string()
    .regex(
      new RegExp(`^${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`),
      `expected an id of AWS such as ${example}`,
    );
}

/** AWS makes VPCs and subnets of 16 to 65,536 addresses. */
function isAwsSize(cidr: string): boolean {
  const { prefixLength = 0 } = subnet(cidr) ?? {};
  return prefixLength >= 16 && prefixLength <= 28;
}
const AwsNetwork = HostNetwork.refine(isAwsSize, {
  error: ({ input }) => `${input}: AWS makes networks from /28 to /16: choose one such as 10.0.1.0/24`,
});

const SecurityGroupId = awsId("sg", "sg-0123456789abcdef0");
/** Where connections come from: a network, or the members of a security group. */
const Source = z.string().superRefine((text, context) => {
  const { error } = (isSecurityGroup(text) ? SecurityGroupId : ClientNetwork).safeParse(text);
  for (const { message } of error?.issues ?? []) context.addIssue({ code: "custom", message });
});

/** Whether a source is a security group; else it is a network. */
export function isSecurityGroup(source: string): boolean {
  return source.startsWith("sg-");
}

const Vpc = z.strictObject({
  cidr: z.optional(AwsNetwork).describe("range of a VPC that is made"),
  id: z.optional(awsId("vpc", "vpc-0123456789abcdef0")).describe("or a VPC that exists"),
});

const Subnet = z.strictObject({
  zone: z
    .string()
    .regex(/^[a-z]{2}(-[a-z0-9]+)+$/, "expected an availability zone such as eu-central-1a")
    .describe("its availability zone"),
  cidr: AwsNetwork.describe("its range; each host is in the subnet that has its address"),
  id: z
    .optional(awsId("subnet", "subnet-0123456789abcdef0"))
    .describe("where it exists already, in a VPC that exists"),
});

const Tag = z.string().max(256);

export const Ec2 = z.strictObject({
  region: z
    .optional(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "expected a region such as eu-central-1"))
    .describe("required"),
  vpc: Vpc.prefault({}),
  subnets: z.array(Subnet).default([]).describe("in at most two availability zones"),
  api: z
    .enum(["endpoint", "nat", "public"])
    .default("endpoint")
    .describe(
      "how the nodes reach the EC2 API: by an interface endpoint in their subnets, which is made; by the NAT gateway or the VPC's own ways; or by a public address that each host gets",
    ),
  internet: z
    .optional(z.enum(["nat", "none"]))
    .describe(
      "how the hosts of a VPC that is made reach Debian's mirror; default `nat`, a gateway that is made; with `api: public` there is none",
    ),
  natSubnet: z
    .optional(AwsNetwork)
    .describe("subnet of the NAT gateway, made; default the last 16 addresses of `vpc.cidr`"),
  routeTables: z
    .array(awsId("rtb", "rtb-0123456789abcdef0"))
    .default([])
    .describe("tables of a VPC that exists which get the route to an address of the mode `route`"),
  ami: z
    .optional(awsId("ami", "ami-0123456789abcdef0"))
    .describe("image of Debian 13 in this region, for this architecture; required"),
  architecture: z.enum(["arm64", "amd64"]).default("arm64").describe("the hosts' processors"),
  instanceType: z
    .optional(z.string().regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, "expected an instance type such as t4g.small"))
    .describe("default `t4g.small` (arm64), `t3.small` (amd64)"),
  diskGb: z.int().min(8).max(16_384).default(16).describe("each host's disk, GB; always encrypted"),
  kmsKey: z
    .optional(
      z
        .string()
        .regex(
          /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[A-Za-z0-9-]+$/,
          "expected the ARN of a key, such as arn:aws:kms:eu-central-1:123456789012:key/…",
        ),
    )
    .describe("key that encrypts the disks; default the account's own for EBS"),
  prebaked: z
    .boolean()
    .default(false)
    .describe("the image has every package inside, so that no host needs Debian's mirror"),
  user: User.default("admin").describe("login of the image"),
  keyPair: z
    .optional(z.string().regex(/^[A-Za-z0-9._-]{1,255}$/, "expected the name of a key pair"))
    .describe("key pair that exists; default one that is made, of `identityFile` or of a new key"),
  identityFile: z
    .optional(LocalPath)
    .describe("private key on the machine where the commands run; left out with `keyPair`: the SSH agent's"),
  bastion: z.optional(
    z.strictObject({
      ...Bastion.shape,
      user: z.optional(User).describe("login on it; default `ec2.user`"),
      hostKey: HostKey.describe("its public SSH host key"),
    }),
  ),
  ssh: z
    .optional(z.array(Source).min(1))
    .describe("who may log in by SSH, networks or security groups; default the network"),
  application: z
    .optional(z.array(Source).min(1))
    .describe("who may use the virtual address, networks or security groups; default the network"),
  monitoring: z
    .optional(z.array(Source).min(1))
    .describe("who may read stats and metrics, networks or security groups; default the network"),
  admin: z
    .optional(z.array(Source).min(1))
    .describe("who may reach the API of the routes, networks or security groups; default the network"),
  checkPermissions: z
    .boolean()
    .default(true)
    .describe("IAM simulates, before anything is made, whether the commands may do what they need"),
  anywhere: z
    .boolean()
    .default(false)
    .describe("says that a source such as 0.0.0.0/0 is meant: without it none is accepted"),
  tags: z
    .record(Tag.min(1).max(128), Tag)
    .default({})
    .describe("tags of everything that is made, beside `Name`"),
  protect: z
    .boolean()
    .default(true)
    .describe("PostgreSQL's instance, whose disk has the data, is neither removed nor replaced"),
});
