import type { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import type * as pulumi from "@pulumi/pulumi";
import { type Ec2Section, type Ec2Subnet, natSubnetOf, subnetWith, wayOutOf } from "../../../topology/ec2.ts";
import type { Pair } from "../../../topology/topology.ts";
import type { Make } from "./kinds.ts";

/** The VPC, its subnets and their ways out: made, or named. */
export interface Ec2Network {
  readonly vpcId: pulumi.Input<string>;
  /** Of the subnet with an address. */
  subnetId(address: string): pulumi.Input<string>;
  /** Each named after its subnet's range; none in a VPC that exists. */
  readonly tables: readonly { readonly name: string; readonly table: RouteTable }[];
  /** What a host needs to reach others. */
  readonly ready: readonly pulumi.Resource[];
}

export function ec2Network(make: Make, section: Ec2Section, pairs: readonly Pair[]): Ec2Network {
  const { vpc, subnets } = section;
  const made =
    vpc.cidr === undefined
      ? undefined
      : make("vpc", "vpc", { cidrBlock: vpc.cidr, enableDnsSupport: true, enableDnsHostnames: true });
  const vpcId = made?.id ?? vpc.id ?? "";
  const placed = subnets.map((subnet) => ({
    subnet,
    cidr: subnet.cidr,
    id: subnet.id ?? makeSubnet(make, vpcId, `subnet-${nameOf(subnet)}`, subnet).id,
  }));
  const ways = made ? waysOut(make, vpcId, section, pairs, placed) : { tables: [], ready: [] };
  return {
    vpcId,
    subnetId: (address) => {
      const own = subnetWith(placed, address);
      if (own === undefined) throw new Error(`no subnet has ${address}`);
      return own.id;
    },
    ...ways,
  };
}

/** The range names it, so that the order in the config has no meaning. */
function nameOf({ cidr }: Pick<Ec2Subnet, "cidr">): string {
  return cidr.replace("/", "-");
}

function makeSubnet(
  make: Make,
  vpcId: pulumi.Input<string>,
  name: string,
  { zone, cidr }: Pick<Ec2Subnet, "zone" | "cidr">,
) {
  return make("subnet", name, {
    vpcId,
    cidrBlock: cidr,
    availabilityZone: zone,
    mapPublicIpOnLaunch: false,
  });
}

function waysOut(
  make: Make,
  vpcId: pulumi.Input<string>,
  section: Ec2Section,
  pairs: readonly Pair[],
  placed: readonly { readonly subnet: Ec2Subnet; readonly id: pulumi.Input<string> }[],
): Pick<Ec2Network, "tables" | "ready"> {
  const subnets = placed.map(({ subnet, id }) => ({ subnet, id, way: wayOutOf(section, subnet, pairs) }));
  const ways = subnets.map(({ way }) => way);
  const needsNat = ways.includes("nat");
  const gateway =
    needsNat || ways.includes("gateway") ? make("internetGateway", "gateway", { vpcId }) : undefined;
  const nat = needsNat && gateway ? natGateway(make, vpcId, section, gateway) : undefined;
  const made = subnets.map(({ subnet, id, way }) => {
    const name = `routes-${nameOf(subnet)}`;
    const table = make("routeTable", name, { vpcId });
    const association = make("routeTableAssociation", name, { subnetId: id, routeTableId: table.id });
    const target =
      way === "nat" && nat
        ? { natGatewayId: nat.id }
        : way === "gateway" && gateway
          ? { gatewayId: gateway.id }
          : undefined;
    const route =
      target &&
      make("route", `${name}-default`, {
        routeTableId: table.id,
        destinationCidrBlock: "0.0.0.0/0",
        ...target,
      });
    return { name: nameOf(subnet), table, ready: [association, ...(route ? [route] : [])] };
  });
  return {
    tables: made.map(({ name, table }) => ({ name, table })),
    ready: made.flatMap(({ ready }) => ready),
  };
}

/** One gateway in the first subnet's zone: hosts need it when packages are installed, not to serve. */
function natGateway(
  make: Make,
  vpcId: pulumi.Input<string>,
  section: Ec2Section,
  gateway: pulumi.CustomResource,
) {
  const zone = section.subnets[0]?.zone ?? "";
  const subnet = makeSubnet(make, vpcId, "nat", { zone, cidr: natSubnetOf(section) ?? "" });
  const table = make("routeTable", "nat", { vpcId });
  const association = make("routeTableAssociation", "nat", { subnetId: subnet.id, routeTableId: table.id });
  const route = make("route", "nat-default", {
    routeTableId: table.id,
    destinationCidrBlock: "0.0.0.0/0",
    gatewayId: gateway.id,
  });
  const address = make("elasticIp", "nat", { domain: "vpc" }, { dependsOn: gateway });
  return make(
    "natGateway",
    "nat",
    { subnetId: subnet.id, allocationId: address.id },
    { dependsOn: [association, route] },
  );
}

/** The EC2 API inside the VPC, under the name that it has everywhere: one interface in each zone with nodes. */
export function apiEndpoint(
  make: Make,
  { vpcId, subnetId }: Pick<Ec2Network, "vpcId" | "subnetId">,
  section: Ec2Section,
  pairs: readonly Pair[],
  securityGroupId: pulumi.Input<string>,
  dependsOn: pulumi.Resource[],
): pulumi.Resource {
  const nodes = pairs.flatMap((pair) => pair.nodes);
  const zones = new Map(
    nodes.map(({ address }) => [subnetWith(section.subnets, address)?.zone, subnetId(address)]),
  );
  const { region = "" } = section;
  const args = {
    vpcId,
    vpcEndpointType: "Interface",
    serviceName: `${region.startsWith("cn-") ? "cn." : ""}com.amazonaws.${region}.ec2`,
    privateDnsEnabled: true,
    subnetIds: [...zones.values()],
    securityGroupIds: [securityGroupId],
  };
  return make("endpoint", "ec2-api", args, { dependsOn });
}
