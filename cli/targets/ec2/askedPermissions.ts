import * as z from "zod";
import { isDenied, type LookedPermissions } from "../../../components/machines/ec2/account/judgement.ts";
import { neededActions } from "../../../components/machines/ec2/account/permissions.ts";
import { type Ec2Section, instanceTypeOf } from "../../../topology/ec2.ts";
import type { Pair } from "../../../topology/topology.ts";
import type { Aws } from "../../aws/aws.ts";
import { AwsFailure } from "../../aws/awsError.ts";
import { looked } from "../../aws/looked.ts";
import { listOf } from "../../aws/shapes.ts";

const Role = z.object({ GetRoleResult: z.object({ Role: z.object({ Arn: z.string() }) }) });
const Simulation = z.object({
  SimulatePrincipalPolicyResult: z.object({
    EvaluationResults: listOf(
      z.object({
        EvalActionName: z.string(),
        EvalDecision: z.string(),
        MissingContextValues: listOf(z.string()).optional(),
      }),
    ),
  }),
});

/** Permissions of whoever runs the commands, by IAM's own simulation. */
export function askedPermissions(
  aws: Aws,
  section: Ec2Section,
  pairs: readonly Pair[],
  callerArn: string,
): Promise<LookedPermissions> {
  // IAM simulates nothing for an account's root user, who may do everything.
  if (callerArn.endsWith(":root")) return Promise.resolve({ found: { principal: callerArn, denied: [] } });
  return looked(simulated(aws, neededActions(section, pairs), callerArn));
}

async function simulated(aws: Aws, actions: readonly string[], callerArn: string) {
  const principal = await principalOf(aws, callerArn);
  const answer = await aws.query("iam", "SimulatePrincipalPolicy", {
    PolicySourceArn: principal,
    MaxItems: "1000",
    ...Object.fromEntries(actions.map((action, at) => [`ActionNames.member.${at + 1}`, action])),
  });
  const { EvaluationResults } = Simulation.parse(answer).SimulatePrincipalPolicyResult;
  const denied = EvaluationResults.filter(({ EvalDecision, MissingContextValues = [] }) =>
    isDenied({ allowed: EvalDecision === "allowed", missingContextKeys: MissingContextValues }),
  );
  return { principal, denied: denied.map(({ EvalActionName }) => EvalActionName) };
}

/** A session has the permissions of its role, whose path its own ARN does not have. */
async function principalOf(aws: Aws, callerArn: string): Promise<string> {
  const role = /:assumed-role\/([^/]+)\//.exec(callerArn)?.[1];
  if (role === undefined) return callerArn;
  return Role.parse(await aws.query("iam", "GetRole", { RoleName: role })).GetRoleResult.Role.Arn;
}

/**
 * The actions of a roll-out that AWS would not carry out, where IAM does not simulate: those whose call has `DryRun`,
 * which carries out nothing, and needs no resource that is made first.
 */
export async function refusedDryRuns(aws: Aws, section: Ec2Section): Promise<readonly string[]> {
  const { ami = "", vpc } = section;
  const calls: readonly (readonly [boolean, string, Readonly<Record<string, string>>])[] = [
    [
      true,
      "RunInstances",
      { ImageId: ami, InstanceType: instanceTypeOf(section), MinCount: "1", MaxCount: "1" },
    ],
    [vpc.cidr !== undefined, "CreateVpc", { CidrBlock: vpc.cidr ?? "" }],
    [vpc.cidr !== undefined, "CreateInternetGateway", {}],
    [vpc.cidr !== undefined, "AllocateAddress", { Domain: "vpc" }],
  ];
  const refused = calls.map(async ([is, action, parameters]) => {
    if (!is) return [];
    try {
      await aws.query("ec2", action, { ...parameters, DryRun: "true" });
      return [];
    } catch (error) {
      // `DryRunOperation` is how AWS says that it would; anything else says nothing of permissions.
      return error instanceof AwsFailure && error.trouble === "denied" ? [`ec2:${action}`] : [];
    }
  });
  return (await Promise.all(refused)).flat();
}
