import { getAmi } from "@pulumi/aws/ec2/getAmi.js";
import { getElasticIp } from "@pulumi/aws/ec2/getElasticIp.js";
import { getKeyPair } from "@pulumi/aws/ec2/getKeyPair.js";
import { getRouteTable } from "@pulumi/aws/ec2/getRouteTable.js";
import { getSubnet } from "@pulumi/aws/ec2/getSubnet.js";
import { getVpc } from "@pulumi/aws/ec2/getVpc.js";
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity.js";
import { getPartition } from "@pulumi/aws/getPartition.js";
import * as pulumi from "@pulumi/pulumi";
import { messageOf } from "../../../base/failure.ts";
import type { Ec2Section, Ec2Subnet } from "../../../topology/ec2.ts";
import { subnet } from "../../../topology/ip.ts";
import type { Pair, Topology } from "../../../topology/topology.ts";
import { permissionProblems } from "./permissions.ts";

/** What an account of AWS has already. */
export interface Account {
  /** ARN of something of EC2 in this account and region, such as `route-table/rtb-…`. */
  arnOf(resource: string): string;
  /** The Elastic IPs that the config names, by pair. */
  readonly elasticIps: Readonly<
    Record<string, { readonly id: string; readonly arn: string; readonly publicAddress: string }>
  >;
}

/**
 * Asks AWS for everything that the config names, before anything is made.
 * @throws pulumi.RunError with every problem, each with its key of the config
 */
export async function accountOf(
  section: Ec2Section,
  topology: Topology,
  opts: pulumi.InvokeOptions,
): Promise<Account> {
  const { accountId, arn } = await getCallerIdentity({}, opts).catch((error: unknown) => {
    throw new pulumi.RunError(
      `AWS accepts no credentials (${lastLine(error)}): log in (aws sso login, or aws configure), or set AWS_PROFILE to a profile that is logged in`,
    );
  });
  const { partition } = await getPartition({}, opts);
  const { region = "" } = section;
  const problems: string[] = [];
  const ask = async <T>(path: string, what: string, asked: Promise<T>): Promise<T | undefined> => {
    try {
      return await asked;
    } catch (error) {
      problems.push(
        `${path}: AWS has no ${what} in ${region} for this account: correct it (${lastLine(error)})`,
      );
      return undefined;
    }
  };
  const named = topology.pairs.flatMap((pair) => {
    const { elasticIp = "" } = pair.vip.aws ?? {};
    return elasticIp.startsWith("eipalloc-") ? [{ pair, id: elasticIp }] : [];
  });
  const [, , , elasticIps] = await Promise.all([
    ask("ec2.ami", `image ${section.ami}`, imageProblems(section, opts)).then((found) =>
      problems.push(...(found ?? [])),
    ),
    section.vpc.id === undefined
      ? undefined
      : ask("ec2.vpc.id", `VPC ${section.vpc.id}`, vpcProblems(section.vpc.id, topology.pairs, opts)).then(
          (found) => problems.push(...(found ?? [])),
        ),
    Promise.all(
      section.subnets.map(async ({ id, ...own }, index) => {
        if (id === undefined) return;
        const path = `ec2.subnets[${index}]`;
        const found = await ask(`${path}.id`, `subnet ${id}`, getSubnet({ id }, opts));
        if (found) problems.push(...subnetProblems(path, own, section.vpc.id, found));
      }),
    ),
    Promise.all(
      named.map(async ({ pair, id }) => {
        const path = `pairs[${topology.pairs.indexOf(pair)}].vip`;
        const found = await ask(`${path}.elasticIp`, `Elastic IP ${id}`, getElasticIp({ id }, opts));
        if (!found) return [];
        if (pair.vip.aws?.mode === "elastic-ip" && found.publicIp !== pair.vip.address)
          problems.push(
            `${path}.address: ${pair.vip.address} is not the address of ${id}, which is ${found.publicIp}: set that`,
          );
        return [[pair.name, { id, arn: found.arn, publicAddress: found.publicIp }] as const];
      }),
    ),
    ...section.routeTables.map((id, index) =>
      ask(`ec2.routeTables[${index}]`, `route table ${id}`, getRouteTable({ routeTableId: id }, opts)),
    ),
    section.keyPair === undefined
      ? undefined
      : ask("ec2.keyPair", `key pair ${section.keyPair}`, getKeyPair({ keyName: section.keyPair }, opts)),
    section.checkPermissions
      ? permissionProblems(section, topology.pairs, arn, opts).then((found) => problems.push(...found))
      : undefined,
  ]);
  if (problems.length > 0) throw new pulumi.RunError(problems.sort().join("\n"));
  return {
    arnOf: (resource) => `arn:${partition}:ec2:${region}:${accountId}:${resource}`,
    elasticIps: Object.fromEntries(elasticIps.flat()),
  };
}

/** The provider's errors end with what AWS says. */
function lastLine(error: unknown): string {
  return messageOf(error).trim().split("\n").at(-1)?.trim() ?? "";
}

async function imageProblems(
  { ami = "", architecture }: Ec2Section,
  opts: pulumi.InvokeOptions,
): Promise<string[]> {
  const filters = [{ name: "image-id", values: [ami] }];
  const found = await getAmi({ filters, includeDeprecated: true }, opts);
  const wanted = { arm64: "arm64", amd64: "x86_64" }[architecture];
  if (found.architecture === wanted) return [];
  return [
    `ec2.ami: ${ami} (${found.name}) is for processors of ${found.architecture}, and ec2.architecture is ${architecture}: npm run amis prints the image for it`,
  ];
}

/** AWS refuses a route to one address inside any range of the VPC. */
async function vpcProblems(
  id: string,
  pairs: readonly Pair[],
  opts: pulumi.InvokeOptions,
): Promise<string[]> {
  const { cidrBlockAssociations } = await getVpc({ id }, opts);
  const ranges = cidrBlockAssociations.map(({ cidrBlock }) => cidrBlock);
  return pairs.flatMap(({ vip }, index) => {
    const inside = ranges.find((range) => subnet(range)?.contains(vip.address));
    if (vip.aws?.mode !== "route" || inside === undefined) return [];
    return [
      `pairs[${index}].vip.address: ${vip.address} is inside ${id}'s range ${inside}, where AWS takes no route to one address: choose one outside, such as 172.31.255.1`,
    ];
  });
}

interface FoundSubnet {
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly availabilityZone: string;
}

function subnetProblems(
  path: string,
  { cidr, zone }: Pick<Ec2Subnet, "cidr" | "zone">,
  vpcId: string | undefined,
  found: FoundSubnet,
): string[] {
  const pairs = [
    ["cidr", cidr, found.cidrBlock],
    ["zone", zone, found.availabilityZone],
  ] as const;
  return [
    ...pairs.flatMap(([key, said, actual]) =>
      said === actual ? [] : [`${path}.${key}: ${said} is not the subnet's, which is ${actual}: set that`],
    ),
    ...(vpcId === found.vpcId
      ? []
      : [`${path}.id: is in ${found.vpcId}, and ec2.vpc.id is ${vpcId}: choose a subnet of that`]),
  ];
}
