import * as z from "zod";
import type { Aws } from "../../aws/aws.ts";
import { AwsFailure } from "../../aws/awsError.ts";
import { filters, listOf } from "../../aws/shapes.ts";
import { isStandard, type Quota, quotas, type Room } from "./room.ts";

const Value = z.object({ Quota: z.object({ Value: z.number() }) });
const Addresses = z.object({ addressesSet: listOf(z.unknown()) });
const Vpcs = z.object({ vpcSet: listOf(z.unknown()) });
const count = z.coerce.number();
const Instances = z.object({
  reservationSet: listOf(
    z.object({
      instancesSet: listOf(
        z.object({
          instanceType: z.string(),
          cpuOptions: z.object({ coreCount: count, threadsPerCore: count }),
        }),
      ),
    }),
  ),
  nextToken: z.string().optional(),
});

const used: Readonly<Record<Quota, (aws: Aws) => Promise<number>>> = {
  elasticIps: async (aws) => Addresses.parse(await aws.query("ec2", "DescribeAddresses")).addressesSet.length,
  vpcs: async (aws) => Vpcs.parse(await aws.query("ec2", "DescribeVpcs")).vpcSet.length,
  vcpus: usedVcpus,
};

/** A region of a large account has many instances: no more are counted than so many pages have. */
const mostPages = 20;

async function usedVcpus(aws: Aws): Promise<number> {
  const running = filters({ "instance-state-name": ["pending", "running"] });
  let vcpus = 0;
  let token: string | undefined;
  for (let page = 0; page < mostPages; page += 1) {
    const answer = Instances.parse(
      await aws.query("ec2", "DescribeInstances", {
        ...running,
        MaxResults: "1000",
        ...(token && { NextToken: token }),
      }),
    );
    const instances = answer.reservationSet.flatMap(({ instancesSet }) => instancesSet);
    for (const { instanceType, cpuOptions } of instances)
      if (isStandard(instanceType)) vcpus += cpuOptions.coreCount * cpuOptions.threadsPerCore;
    token = answer.nextToken;
    if (!token) return vcpus;
  }
  throw new AwsFailure("unavailable", "TooMany", `there are more than ${mostPages}000 instances to count`);
}

/** Limit and use of what the stack needs more of. */
export async function askedRoom(
  aws: Aws,
  needed: Readonly<Record<Quota, number>>,
): Promise<Readonly<Partial<Record<Quota, Room>>>> {
  const names = (Object.keys(quotas) as Quota[]).filter((name) => needed[name] > 0);
  const rooms = names.map(async (name) => [name, await roomOf(aws, name)] as const);
  return Object.fromEntries(await Promise.all(rooms));
}

async function roomOf(aws: Aws, name: Quota): Promise<Room> {
  const { service, code } = quotas[name];
  try {
    const [limit, has] = await Promise.all([
      aws.json("servicequotas", "GetServiceQuota", { ServiceCode: service, QuotaCode: code }),
      used[name](aws),
    ]);
    return { limit: Value.parse(limit).Quota.Value, used: has };
  } catch (error) {
    if (error instanceof AwsFailure) return { trouble: error.message };
    throw error;
  }
}
