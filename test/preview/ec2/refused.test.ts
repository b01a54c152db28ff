import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test } from "vitest";
import { ec2Config } from "../../harness/testConfig.ts";
import { ec2With } from "../../unit/fixtures.ts";
import { declare, ofType } from "./declare.ts";
import { answers, asked, forget, made, mockAws } from "./ec2Mocks.ts";
import { eip, modes } from "./modes.ts";

beforeEach(async () => {
  await mockAws();
  forget();
  process.env.SSH_AUTH_SOCK = "/run/agent";
});

describe("before anything is made, a roll-out is refused", () => {
  const refused = async (config: unknown): Promise<readonly string[]> => {
    const error: unknown = await declare(config).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(pulumi.RunError);
    expect(made).toEqual([]);
    return (error as Error).message.split("\n");
  };

  test("without credentials", async () => {
    answers.getCallerIdentity = new Error("configuring provider:\nExpiredToken: it has expired");
    expect(await refused(ec2Config())).toEqual([
      "AWS accepts no credentials (ExpiredToken: it has expired): log in (aws sso login, or aws configure), or set AWS_PROFILE to a profile that is logged in",
    ]);
  });

  test("for everything that AWS does not have, all at once", async () => {
    for (const name of ["getAmi", "getVpc", "getSubnet", "getRouteTable", "getKeyPair"])
      answers[name] = new Error("no results");
    const paths = (await refused(modes["in-a-vpc-that-exists"])).map((line) => line.split(": ")[0]);
    expect(paths).toEqual([
      "ec2.ami",
      "ec2.keyPair",
      "ec2.routeTables[0]",
      "ec2.subnets[0].id",
      "ec2.vpc.id",
    ]);
  });

  test("for what is other than the config says", async () => {
    answers.getAmi = { architecture: "x86_64" };
    answers.getSubnet = { vpcId: "vpc-other", cidrBlock: "10.0.9.0/24", availabilityZone: "eu-central-1b" };
    answers.getVpc = { cidrBlockAssociations: [{ cidrBlock: "172.31.0.0/16" }] };
    const problems = await refused(modes["in-a-vpc-that-exists"]);
    expect(problems.map((line) => line.split(": ")[0])).toEqual([
      "ec2.ami",
      "ec2.subnets[0].cidr",
      "ec2.subnets[0].id",
      "ec2.subnets[0].zone",
      "pairs[0].vip.address",
    ]);
    expect(problems.at(-1)).toContain("172.31.255.1 is inside vpc-0123456789abcdef0's range 172.31.0.0/16");
    answers.getElasticIp = { publicIp: "203.0.113.10" };
    answers.getAmi = {};
    expect(await refused(modes["elastic-ip"])).toEqual([
      `pairs[0].vip.address: 203.0.113.9 is not the address of ${eip}, which is 203.0.113.10: set that`,
    ]);
  });

  test("for permissions that IAM denies, by their names", async () => {
    const results = [
      { actionName: "ec2:RunInstances", allowed: false, missingContextKeys: [] },
      { actionName: "iam:PassRole", allowed: false, missingContextKeys: ["iam:PassedToService"] },
      { actionName: "ec2:CreateVpc", allowed: true, missingContextKeys: [] },
    ];
    answers.getPrincipalPolicySimulation = { results };
    expect(await refused(ec2Config())).toEqual([
      "AWS does not allow arn:aws:iam::123456789012:role/admin ec2:RunInstances: add these to its policy; where it allows them for some resources only, set ec2.checkPermissions to false",
    ]);
    const { inputs } = asked.find(({ token }) => token.endsWith("Simulation")) ?? { inputs: {} };
    expect(inputs.actionNames).toContain("ec2:CreateNatGateway");
  });

  test("not where IAM does not simulate, or the config says so", async () => {
    answers.getPrincipalPolicySimulation = new Error("AccessDenied: iam:SimulatePrincipalPolicy");
    await declare(ec2Config());
    expect(ofType("Instance")).toHaveLength(3);
    asked.length = 0;
    await declare(ec2With({}, { checkPermissions: false }));
    expect(asked.filter(({ token }) => token.endsWith("Simulation"))).toEqual([]);
  });
});
