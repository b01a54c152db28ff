import * as z from "zod";
import type { AccountLook } from "../../../components/machines/ec2/account/judgement.ts";
import type { Ec2Section } from "../../../topology/ec2.ts";
import type { Pair } from "../../../topology/topology.ts";
import type { Aws } from "../../aws/aws.ts";
import { looked } from "../../aws/looked.ts";
import { listOf } from "../../aws/shapes.ts";

/** Asks AWS for everything that the config names, all at once. */
export async function askedAccount(
  aws: Aws,
  { ami = "", vpc, subnets, routeTables, keyPair }: Ec2Section,
  pairs: readonly Pair[],
): Promise<AccountLook> {
  const named = pairs.flatMap(({ name, vip }) =>
    vip.aws?.elasticIp.startsWith("eipalloc-") ? [{ name, id: vip.aws.elasticIp }] : [],
  );
  const [image, ofVpc, ofSubnets, ofTables, ofKeyPair, elasticIps] = await Promise.all([
    looked(imageOf(aws, ami)),
    vpc.id === undefined ? undefined : looked(vpcOf(aws, vpc.id)),
    Promise.all(subnets.map(({ id }) => (id === undefined ? undefined : looked(subnetOf(aws, id))))),
    Promise.all(routeTables.map((id) => looked(routeTableOf(aws, id)))),
    keyPair === undefined
      ? undefined
      : looked(aws.query("ec2", "DescribeKeyPairs", { "KeyName.1": keyPair }).then(() => true)),
    Promise.all(named.map(async ({ name, id }) => [name, await looked(elasticIpOf(aws, id))] as const)),
  ]);
  return {
    image,
    vpc: ofVpc,
    subnets: ofSubnets,
    routeTables: ofTables,
    keyPair: ofKeyPair,
    elasticIps: Object.fromEntries(elasticIps),
  };
}

const Images = z.object({
  imagesSet: listOf(
    z.object({
      name: z.string(),
      architecture: z.string(),
      rootDeviceName: z.string().optional(),
      blockDeviceMapping: listOf(
        z.object({
          deviceName: z.string(),
          ebs: z.object({ volumeSize: z.coerce.number().optional() }).optional(),
        }),
      ).optional(),
    }),
  ),
});

async function imageOf(aws: Aws, id: string) {
  const { imagesSet } = Images.parse(await aws.query("ec2", "DescribeImages", { "ImageId.1": id }));
  const [image] = imagesSet;
  if (image === undefined) return undefined;
  const { name, architecture, rootDeviceName, blockDeviceMapping = [] } = image;
  const root = blockDeviceMapping.find(({ deviceName }) => deviceName === rootDeviceName);
  return { name, architecture, diskGb: root?.ebs?.volumeSize };
}

const Vpcs = z.object({
  vpcSet: listOf(z.object({ cidrBlockAssociationSet: listOf(z.object({ cidrBlock: z.string() })) })),
});
const Attribute = z.object({ value: z.string() });
const Attributes = z.object({
  enableDnsSupport: Attribute.optional(),
  enableDnsHostnames: Attribute.optional(),
});

async function vpcOf(aws: Aws, id: string) {
  const isOn = async (attribute: keyof z.output<typeof Attributes>) => {
    const given = { VpcId: id, Attribute: attribute };
    const answer = Attributes.parse(await aws.query("ec2", "DescribeVpcAttribute", given));
    return answer[attribute]?.value === "true";
  };
  const { vpcSet } = Vpcs.parse(await aws.query("ec2", "DescribeVpcs", { "VpcId.1": id }));
  const [vpc] = vpcSet;
  if (vpc === undefined) return undefined;
  const on = await Promise.all([isOn("enableDnsSupport"), isOn("enableDnsHostnames")]);
  return {
    ranges: vpc.cidrBlockAssociationSet.map(({ cidrBlock }) => cidrBlock),
    hasPrivateNames: on.every(Boolean),
  };
}

const Subnets = z.object({
  subnetSet: listOf(z.object({ vpcId: z.string(), cidrBlock: z.string(), availabilityZone: z.string() })),
});

async function subnetOf(aws: Aws, id: string) {
  const { subnetSet } = Subnets.parse(await aws.query("ec2", "DescribeSubnets", { "SubnetId.1": id }));
  const [found] = subnetSet;
  return found && { vpcId: found.vpcId, cidr: found.cidrBlock, zone: found.availabilityZone };
}

const RouteTables = z.object({ routeTableSet: listOf(z.object({ vpcId: z.string() })) });

async function routeTableOf(aws: Aws, id: string) {
  const answer = await aws.query("ec2", "DescribeRouteTables", { "RouteTableId.1": id });
  return RouteTables.parse(answer).routeTableSet[0];
}

const Addresses = z.object({ addressesSet: listOf(z.object({ publicIp: z.string() })) });

async function elasticIpOf(aws: Aws, id: string) {
  const answer = await aws.query("ec2", "DescribeAddresses", { "AllocationId.1": id });
  const [found] = Addresses.parse(answer).addressesSet;
  return found && { publicAddress: found.publicIp };
}
