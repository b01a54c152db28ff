import {
  accountProblems,
  type LookedPermissions,
  permissionProblems,
} from "../../../components/machines/ec2/account/judgement.ts";
import { type Ec2Section, instanceTypeOf } from "../../../topology/ec2.ts";
import type { Target, Topology } from "../../../topology/topology.ts";
import type { Aws } from "../../aws/aws.ts";
import { AwsFailure } from "../../aws/awsError.ts";
import { type Finding, later, unknown, wrong } from "../../doctor/finding.ts";
import { announceIfSlow } from "../../session/output.ts";
import { askedAccount } from "./askedAccount.ts";
import { askedPermissions, refusedDryRuns } from "./askedPermissions.ts";
import { askedPlaces, type MadeResource } from "./askedPlaces.ts";
import { askedRoom } from "./askedRoom.ts";
import { placeFindings } from "./placeFindings.ts";
import { reachAws } from "./reach.ts";
import { neededRoom, roomFindings } from "./room.ts";

/**
 * Looks at the account of AWS, all at once, before a roll-out makes anything there.
 * @param made the resources in the stack's state
 */
export async function examineEc2(
  target: Target<"ec2">,
  topology: Topology,
  made: readonly MadeResource[],
): Promise<readonly Finding[]> {
  const { region = "" } = target;
  try {
    const { aws, callerArn } = await reachAws(region);
    return await announceIfSlow(
      "waiting for AWS to answer",
      findings(aws, target, topology, made, callerArn),
    );
  } catch (error) {
    if (!(error instanceof AwsFailure)) throw error;
    return [(error.trouble === "unavailable" ? unknown : wrong)(error.message)];
  }
}

async function findings(
  aws: Aws,
  section: Ec2Section,
  topology: Topology,
  made: readonly MadeResource[],
  callerArn: string,
): Promise<readonly Finding[]> {
  const { pairs } = topology;
  const [account, permissions, places] = await Promise.all([
    askedAccount(aws, section, pairs),
    section.checkPermissions ? askedPermissions(aws, section, pairs, callerArn) : undefined,
    askedPlaces(aws, section, topology, made),
  ]);
  const { instanceType } = places;
  const vcpus = "found" in instanceType ? instanceType.found.vcpus : undefined;
  const types = made.map(({ type }) => type);
  const needed = neededRoom(section, topology, types, { type: instanceTypeOf(section), vcpus });
  return [
    ...accountProblems(section, pairs, account),
    ...(await permissionFindings(aws, section, permissions)),
    ...placeFindings(section, topology, places),
    ...roomFindings(aws.region, needed, await askedRoom(aws, needed)),
    ...(made.length === 0
      ? [
          later(
            "whether AWS has free instances of the type in the zone, and whether the hosts reach each other, shows when the roll-out makes them",
          ),
        ]
      : []),
  ];
}

async function permissionFindings(
  aws: Aws,
  section: Ec2Section,
  permissions: LookedPermissions | undefined,
): Promise<readonly Finding[]> {
  if (permissions === undefined) return [];
  if ("found" in permissions) return permissionProblems(permissions);
  const refused = await refusedDryRuns(aws, section);
  return [
    ...permissionProblems(permissions),
    ...(refused.length > 0
      ? [wrong(`AWS does not allow ${refused.join(", ")}: add these to the policy of who runs this`)]
      : []),
  ];
}
