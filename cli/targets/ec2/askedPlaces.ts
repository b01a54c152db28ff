import * as z from "zod";
import type { Looked } from "../../../components/machines/ec2/account/judgement.ts";
import { type Ec2Section, instanceTypeOf } from "../../../topology/ec2.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import type { Topology } from "../../../topology/topology.ts";
import type { Aws } from "../../aws/aws.ts";
import { AwsFailure } from "../../aws/awsError.ts";
import { looked } from "../../aws/looked.ts";
import { filters, listOf } from "../../aws/shapes.ts";
import type { StackResource } from "../../engine/stackState.ts";

/** Whether AWS has room of the right kind where the hosts are to be. */
export interface PlacesLook {
  readonly instanceType: Looked<{ readonly vcpus: number; readonly architectures: readonly string[] }>;
  /** Zones that have the instance type, and all of the region. */
  readonly zones: Looked<{ readonly withType: readonly string[]; readonly all: readonly string[] }>;
  /** Interfaces of somebody else with an address of the stack, in a VPC that exists. */
  readonly taken: Looked<readonly { readonly address: string; readonly by: string }[]> | undefined;
  /** An endpoint of the EC2 API that a VPC that exists has already under its name. */
  readonly endpoints: Looked<readonly string[]> | undefined;
  /** Elastic IPs that the config names and something else uses; undefined once the stack's own nodes may. */
  readonly elasticIps: Looked<readonly { readonly id: string; readonly by: string }[]> | undefined;
}

/** A resource in the stack's state. */
export type MadeResource = Pick<StackResource, "type" | "id">;

/** @param made the resources in the stack's state */
export async function askedPlaces(
  aws: Aws,
  section: Ec2Section,
  topology: Topology,
  made: readonly MadeResource[],
): Promise<PlacesLook> {
  const type = instanceTypeOf(section);
  const { id } = section.vpc;
  const makesEndpoint = section.api === "endpoint" && !made.some(({ type }) => type.endsWith(":VpcEndpoint"));
  const named = topology.pairs.flatMap(({ vip }) =>
    vip.aws?.elasticIp.startsWith("eipalloc-") ? [vip.aws.elasticIp] : [],
  );
  const isFresh = !made.some(({ type }) => type.endsWith(":Instance"));
  const [instanceType, zones, taken, endpoints, elasticIps] = await Promise.all([
    looked(typeOf(aws, type)),
    looked(zonesOf(aws, type)),
    id === undefined ? undefined : looked(takenOf(aws, id, topology, made)),
    id === undefined || !makesEndpoint ? undefined : looked(endpointsOf(aws, id)),
    isFresh && named.length > 0 ? looked(usedOf(aws, named)) : undefined,
  ]);
  return { instanceType, zones, taken, endpoints, elasticIps };
}

const Types = z.object({
  instanceTypeSet: listOf(
    z.object({
      vCpuInfo: z.object({ defaultVCpus: z.coerce.number() }),
      processorInfo: z.object({ supportedArchitectures: listOf(z.string()) }),
    }),
  ),
});

async function typeOf(aws: Aws, type: string) {
  try {
    const answer = await aws.query("ec2", "DescribeInstanceTypes", { "InstanceType.1": type });
    const [found] = Types.parse(answer).instanceTypeSet;
    return (
      found && {
        vcpus: found.vCpuInfo.defaultVCpus,
        architectures: found.processorInfo.supportedArchitectures,
      }
    );
  } catch (error) {
    // Its code has no `.NotFound`.
    if (error instanceof AwsFailure && error.code === "InvalidInstanceType") return undefined;
    throw error;
  }
}

const Offerings = z.object({ instanceTypeOfferingSet: listOf(z.object({ location: z.string() })) });
const Zones = z.object({ availabilityZoneInfo: listOf(z.object({ zoneName: z.string() })) });

async function zonesOf(aws: Aws, type: string) {
  const [offered, zones] = await Promise.all([
    aws.query("ec2", "DescribeInstanceTypeOfferings", {
      LocationType: "availability-zone",
      ...filters({ "instance-type": [type] }),
    }),
    aws.query("ec2", "DescribeAvailabilityZones"),
  ]);
  return {
    withType: Offerings.parse(offered).instanceTypeOfferingSet.map(({ location }) => location),
    all: Zones.parse(zones).availabilityZoneInfo.map(({ zoneName }) => zoneName),
  };
}

const Interfaces = z.object({
  networkInterfaceSet: listOf(
    z.object({
      networkInterfaceId: z.string(),
      description: z.string().default(""),
      privateIpAddressesSet: listOf(z.object({ privateIpAddress: z.string() })),
    }),
  ),
});

async function takenOf(aws: Aws, vpcId: string, topology: Topology, made: readonly MadeResource[]) {
  const addresses = [
    ...hostsOf(topology).map(({ address }) => address),
    ...topology.pairs.flatMap(({ vip }) => (vip.aws?.mode === "secondary-ip" ? [vip.address] : [])),
  ];
  const wanted = filters({ "vpc-id": [vpcId], "addresses.private-ip-address": addresses });
  const answer = await aws.query("ec2", "DescribeNetworkInterfaces", wanted);
  // Another stack's interfaces may have the same names and descriptions.
  const own = new Set(made.map(({ id }) => id));
  return Interfaces.parse(answer)
    .networkInterfaceSet.filter(({ networkInterfaceId }) => !own.has(networkInterfaceId))
    .flatMap(({ networkInterfaceId, description, privateIpAddressesSet }) =>
      privateIpAddressesSet
        .map(({ privateIpAddress }) => privateIpAddress)
        .filter((address) => addresses.includes(address))
        .map((address) => ({ address, by: `${networkInterfaceId}${description && ` (${description})`}` })),
    );
}

const Endpoints = z.object({
  vpcEndpointSet: listOf(z.object({ vpcEndpointId: z.string(), privateDnsEnabled: z.string().optional() })),
});

async function endpointsOf(aws: Aws, vpcId: string) {
  const prefix = aws.region.startsWith("cn-") ? "cn." : "";
  const wanted = filters({ "vpc-id": [vpcId], "service-name": [`${prefix}com.amazonaws.${aws.region}.ec2`] });
  const answer = await aws.query("ec2", "DescribeVpcEndpoints", wanted);
  return Endpoints.parse(answer)
    .vpcEndpointSet.filter(({ privateDnsEnabled }) => privateDnsEnabled === "true")
    .map(({ vpcEndpointId }) => vpcEndpointId);
}

const Addresses = z.object({
  addressesSet: listOf(z.object({ allocationId: z.string(), networkInterfaceId: z.string().optional() })),
});

async function usedOf(aws: Aws, named: readonly string[]) {
  const answer = await aws.query("ec2", "DescribeAddresses", filters({ "allocation-id": named }));
  return Addresses.parse(answer).addressesSet.flatMap(({ allocationId, networkInterfaceId }) =>
    networkInterfaceId ? [{ id: allocationId, by: networkInterfaceId }] : [],
  );
}
