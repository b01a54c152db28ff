import { getElasticIp } from "@pulumi/aws/ec2/getElasticIp.js";
import { getCallerIdentity } from "@pulumi/aws/getCallerIdentity.js";
import { getPartition } from "@pulumi/aws/getPartition.js";
import * as pulumi from "@pulumi/pulumi";
import type { Ec2Section } from "../../../../topology/ec2.ts";
import type { Pair, Topology } from "../../../../topology/topology.ts";
import { lastLine, looked, lookedAt, lookedPermissions } from "./engineLook.ts";
import { type AccountProblem, accountProblems, permissionProblems } from "./judgement.ts";

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
  const { pairs } = topology;
  const [elasticIps, look, permissions] = await Promise.all([
    lookedElasticIps(pairs, opts),
    lookedAt(section, opts),
    section.checkPermissions ? lookedPermissions(section, pairs, arn, opts) : undefined,
  ]);
  const ofPermissions = permissions ? permissionProblems(permissions) : [];
  const problems = [
    ...accountProblems(section, pairs, { ...look, elasticIps }),
    ...ofPermissions.filter(({ verdict }) => verdict === "wrong"),
  ];
  if (problems.length > 0) throw new pulumi.RunError(texts(problems).sort().join("\n"));
  // The roll-out itself will tell.
  for (const text of texts(ofPermissions)) await pulumi.log.warn(text);
  return {
    arnOf: (resource) => `arn:${partition}:ec2:${region}:${accountId}:${resource}`,
    elasticIps: Object.fromEntries(
      Object.entries(elasticIps).flatMap(([pair, one]) =>
        "found" in one ? [[pair, one.found] as const] : [],
      ),
    ),
  };
}

const texts = (problems: readonly AccountProblem[]) => problems.map(({ text }) => text);

async function lookedElasticIps(pairs: readonly Pair[], opts: pulumi.InvokeOptions) {
  const named = pairs.flatMap(({ name, vip }) => {
    const { elasticIp: id = "" } = vip.aws ?? {};
    return id.startsWith("eipalloc-") ? [{ name, id }] : [];
  });
  const entries = named.map(async ({ name, id }) => {
    const one = await looked(getElasticIp({ id }, opts), ({ arn, publicIp }) => ({
      id,
      arn,
      publicAddress: publicIp,
    }));
    return [name, one] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
