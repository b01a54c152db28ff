import { moverPolicy } from "../../components/machines/ec2/policy.ts";
import type { VpcRule, VpcSpecInput } from "../../contract/vpc.ts";
import { signed } from "./certificates.ts";

/** Parts of a VPC with two nodes: ids, addresses, and the policy that the component gives a node. */

export const region = "eu-central-1";
const accountId = "123456789012";
export const vpcAddresses = {
  app: "10.0.1.10",
  router: "10.0.1.1",
  endpoint: "10.0.1.5",
  vip: "10.0.1.100",
  /** Outside the subnet, so that only a route leads to it. */
  overlay: "10.99.0.1",
  elasticIp: "198.51.100.7",
} as const;
export const allocationId = "eipalloc-0a";
export const routeTableId = "rtb-0a";
export const interfaceId = (machine: string): string => `eni-${machine}`;
/** The name that an interface endpoint takes over, as the real ones do. */
export const apiName = `ec2.${region}.amazonaws.com`;
/** Who has signed the API's certificate: machines that do not trust it call no API. */
export const authority = signed("authority of the lab's AWS");
const api = signed("EC2", authority, `DNS:${apiName},IP:${vpcAddresses.endpoint}`);
const arn = (resource: string) => `arn:aws:ec2:${region}:${accountId}:${resource}`;

type Mode = Parameters<typeof moverPolicy>[0];

/** What the component lets a node do, for these nodes' interfaces; with an Elastic IP, that too. */
export function nodePolicy(mode: Mode, nodes: readonly string[], withElasticIp = mode === "elastic-ip") {
  const { Version, Statement } = moverPolicy(mode, {
    interfaces: nodes.map((node) => arn(`network-interface/${interfaceId(node)}`)),
    routeTables: [arn(`route-table/${routeTableId}`)],
    ...(withElasticIp && { elasticIp: arn(`elastic-ip/${allocationId}`) }),
  });
  return { Version, Statement: [...Statement] };
}

/** A VPC of these interfaces and rules. */
export function vpcSpec(
  interfaces: VpcSpecInput["interfaces"],
  rules: readonly VpcRule[],
  more: Partial<VpcSpecInput> = {},
): VpcSpecInput {
  const { router, app, endpoint } = vpcAddresses;
  return {
    ...{ region, accountId, cidr: "10.0.1.0/24", router, app },
    endpoint: { address: endpoint, groups: ["endpoint"], ...api },
    interfaces,
    rules: [...rules],
    ...more,
  };
}
