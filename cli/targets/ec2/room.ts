import { type Ec2Section, wayOutOf } from "../../../topology/ec2.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import type { Topology } from "../../../topology/topology.ts";
import { type Finding, unknown, wrong } from "../../doctor/finding.ts";

/** What AWS limits in a region of an account. Pure. */

/** Quotas by name (Service Quotas console, "Amazon EC2" and "Amazon VPC"). */
export const quotas = {
  vcpus: { service: "ec2", code: "L-1216C47A", what: "vCPUs of running on-demand instances" },
  elasticIps: { service: "ec2", code: "L-0263D0A3", what: "Elastic IPs" },
  vpcs: { service: "vpc", code: "L-F678F1CE", what: "VPCs" },
} as const;
export type Quota = keyof typeof quotas;

/** Whether a type's vCPUs count for the quota of vCPUs: other families have quotas of their own. */
export function isStandard(type: string): boolean {
  return /^[acdhimrtz]\d/.test(type);
}

/**
 * How much of each the stack needs beside what it has.
 * @param made types of the resources in its state
 * @param vcpus of one instance; undefined where AWS does not say
 */
export function neededRoom(
  section: Ec2Section,
  topology: Topology,
  made: readonly string[],
  { type, vcpus }: { readonly type: string; readonly vcpus: number | undefined },
): Readonly<Record<Quota, number>> {
  const { pairs } = topology;
  const has = (kind: string) => made.filter((type) => type.endsWith(`:${kind}`)).length;
  const hosts = hostsOf(topology).length;
  const nats = section.subnets.some((subnet) => wayOutOf(section, subnet, pairs) === "nat") ? 1 : 0;
  const own = section.api === "public" ? hosts : 0;
  const followers = pairs.filter(({ vip }) => vip.aws?.elasticIp === "follow").length;
  const left = (all: number, kind: string) => Math.max(0, all - has(kind));
  return {
    vcpus: isStandard(type) ? left(hosts, "Instance") * (vcpus ?? 0) : 0,
    elasticIps: left(nats + own + followers, "Eip"),
    vpcs: left(section.vpc.cidr === undefined ? 0 : 1, "Vpc"),
  };
}

/** What is known of one quota, or why it is not. */
export type Room = { readonly limit: number; readonly used: number } | { readonly trouble: string };

export function roomFindings(
  region: string,
  needed: Readonly<Record<Quota, number>>,
  rooms: Readonly<Partial<Record<Quota, Room>>>,
): readonly Finding[] {
  return Object.entries(quotas).flatMap(([name, { service, code, what }]) => {
    const room = rooms[name as Quota];
    const more = needed[name as Quota];
    if (room === undefined || more === 0) return [];
    if ("trouble" in room)
      return [unknown(`whether ${region} has room for ${more} more ${what} is not known: ${room.trouble}`)];
    const { limit, used } = room;
    if (used + more <= limit) return [];
    return [
      wrong(
        `the account may have ${limit} ${what} in ${region}, has ${used}, and the stack needs ${more} more: release some, or ask for a higher quota (aws service-quotas request-service-quota-increase --region ${region} --service-code ${service} --quota-code ${code} --desired-value ${used + more})`,
      ),
    ];
  });
}
