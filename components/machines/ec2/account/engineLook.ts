import { getAmi } from "@pulumi/aws/ec2/getAmi.js";
import { getKeyPair } from "@pulumi/aws/ec2/getKeyPair.js";
import { getRouteTable } from "@pulumi/aws/ec2/getRouteTable.js";
import { getSubnet } from "@pulumi/aws/ec2/getSubnet.js";
import { getVpc } from "@pulumi/aws/ec2/getVpc.js";
import { getPrincipalPolicySimulation } from "@pulumi/aws/iam/getPrincipalPolicySimulation.js";
import { getSessionContext } from "@pulumi/aws/iam/getSessionContext.js";
import type * as pulumi from "@pulumi/pulumi";
import { messageOf } from "../../../../base/failure.ts";
import type { Ec2Section } from "../../../../topology/ec2.ts";
import type { Pair } from "../../../../topology/topology.ts";
import { type AccountLook, isDenied, type Looked, type LookedPermissions } from "./judgement.ts";
import { neededActions } from "./permissions.ts";

/** What the engine's provider says of an account. */

/** An answer of the provider; its errors tell only by their text that AWS has no such thing. */
export async function looked<Answer, Found>(
  asking: Promise<Answer>,
  found: (answer: Answer) => Found,
): Promise<Looked<Found>> {
  try {
    return { found: found(await asking) };
  } catch (error) {
    const reason = lastLine(error);
    return /not ?found|no matching|no results|empty result|malformed/i.test(messageOf(error))
      ? { absent: reason }
      : { unknown: reason };
  }
}

/** The provider's errors end with what AWS says. */
export function lastLine(error: unknown): string {
  return messageOf(error).trim().split("\n").at(-1)?.trim() ?? "";
}

/** Everything that the section names. */
export async function lookedAt(
  section: Ec2Section,
  opts: pulumi.InvokeOptions,
): Promise<Omit<AccountLook, "elasticIps">> {
  const { ami = "", vpc, subnets, routeTables, keyPair } = section;
  const filters = [{ name: "image-id", values: [ami] }];
  const [image, ofVpc, ofSubnets, ofTables, ofKeyPair] = await Promise.all([
    looked(getAmi({ filters, includeDeprecated: true }, opts), ({ name, architecture, ...image }) => ({
      name,
      architecture,
      diskGb: diskOf(image),
    })),
    vpc.id === undefined
      ? undefined
      : looked(getVpc({ id: vpc.id }, opts), (found) => ({
          ranges: found.cidrBlockAssociations.map(({ cidrBlock }) => cidrBlock),
          hasPrivateNames: found.enableDnsSupport && found.enableDnsHostnames,
        })),
    Promise.all(
      subnets.map(({ id }) =>
        id === undefined
          ? undefined
          : looked(getSubnet({ id }, opts), ({ vpcId, cidrBlock, availabilityZone }) => ({
              vpcId,
              cidr: cidrBlock,
              zone: availabilityZone,
            })),
      ),
    ),
    Promise.all(
      routeTables.map((routeTableId) =>
        looked(getRouteTable({ routeTableId }, opts), ({ vpcId }) => ({ vpcId })),
      ),
    ),
    keyPair === undefined ? undefined : looked(getKeyPair({ keyName: keyPair }, opts), () => true),
  ]);
  return { image, vpc: ofVpc, subnets: ofSubnets, routeTables: ofTables, keyPair: ofKeyPair };
}

interface ImageDisks {
  readonly rootDeviceName: string;
  readonly blockDeviceMappings: readonly {
    readonly deviceName: string;
    readonly ebs: Readonly<Record<string, string>>;
  }[];
}

function diskOf({ rootDeviceName, blockDeviceMappings }: ImageDisks): number | undefined {
  const root = blockDeviceMappings.find(({ deviceName }) => deviceName === rootDeviceName);
  const size = root?.ebs.volume_size;
  return size === undefined ? undefined : Number(size);
}

/** Permissions of whoever runs the commands, by IAM's own simulation. */
export function lookedPermissions(
  section: Ec2Section,
  pairs: readonly Pair[],
  callerArn: string,
  opts: pulumi.InvokeOptions,
): Promise<LookedPermissions> {
  // IAM simulates nothing for an account's root user, who may do everything.
  if (callerArn.endsWith(":root")) return Promise.resolve({ found: { principal: callerArn, denied: [] } });
  const simulate = async () => {
    // A session has the permissions of its role.
    const { issuerArn } = await getSessionContext({ arn: callerArn }, opts);
    const { results } = await getPrincipalPolicySimulation(
      { policySourceArn: issuerArn, actionNames: [...neededActions(section, pairs)] },
      opts,
    );
    return { principal: issuerArn, denied: results.filter(isDenied).map(({ actionName }) => actionName) };
  };
  return looked(simulate(), (found) => found);
}
