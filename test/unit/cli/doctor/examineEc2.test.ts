import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { examineEc2 } from "../../../../cli/targets/ec2/examine.ts";
import { pluginFindings } from "../../../../cli/targets/ec2/plugin.ts";
import { parseTopology } from "../../../../topology/parse.ts";
import { ec2Config } from "../../../harness/testConfig.ts";
import { ec2With } from "../../fixtures.ts";
import {
  addresses,
  goodAccount,
  image,
  networkInterface,
  offerings,
  running,
  simulation,
  subnet,
  types,
  vpc,
} from "../aws/accountAnswers.ts";
import { type Answers, type AwsFake, awsFake, keys, Refusal } from "../aws/awsFake.ts";

/** What the doctor says of an account of AWS. */

const eip = "eipalloc-0123456789abcdef0";
const inVpc = (section: Record<string, unknown> = {}) =>
  ec2With(
    { address: "172.31.255.1", mode: "route" },
    {
      vpc: { id: "vpc-0123456789abcdef0" },
      subnets: [{ zone: "eu-central-1a", cidr: "10.0.1.0/24", id: "subnet-0123456789abcdef0" }],
      routeTables: ["rtb-0123456789abcdef0"],
      keyPair: "operators",
      ...section,
    },
  );

let aws: AwsFake;
let change: Answers;
beforeEach(async () => {
  change = {};
  aws = await awsFake(() => ({ ...goodAccount, ...change }));
  vi.stubEnv("AWS_ENDPOINT_URL", aws.url);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_PROFILE", undefined);
  vi.stubEnv("AWS_ACCESS_KEY_ID", keys.id);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", keys.secret);
  vi.stubEnv("AWS_SESSION_TOKEN", keys.token);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await aws[Symbol.asyncDispose]();
});

const madeOf = (...kinds: string[]) => kinds.map((kind) => ({ type: `aws:ec2/x:${kind}` }));
async function findings(
  config: unknown = ec2Config(),
  made: Parameters<typeof examineEc2>[2] = madeOf("Vpc"),
): Promise<string[]> {
  const topology = parseTopology(config);
  if (topology.target.kind !== "ec2") throw new Error("the example's target is ec2");
  const found = await examineEc2(topology.target, topology, made);
  return found.map(({ verdict, text }) => `${verdict}: ${text}`);
}

test("an account that has everything has no finding, whether it all is made or named", async () => {
  expect(await findings()).toEqual([]);
  expect(await findings(inVpc())).toEqual([]);
  expect(await findings(ec2Config(), [])).toEqual([expect.stringMatching(/^later: .*free instances/)]);
});

test("it only asks, and never changes anything", async () => {
  await findings(inVpc(), []);
  expect(aws.asked.length).toBeGreaterThan(10);
  for (const action of aws.asked) expect(action).toMatch(/:(Get|Describe|Simulate)/);
});

describe("of credentials and regions", () => {
  test("none, expired ones and a region that is not used are one finding each, as nothing else can be asked", async () => {
    change = { "sts:GetCallerIdentity": () => new Refusal("ExpiredToken", 403) };
    expect(await findings()).toEqual([
      expect.stringMatching(/^wrong: AWS accepts no credentials \(ExpiredToken/),
    ]);
    change = { "ec2:DescribeAvailabilityZones": () => new Refusal("AuthFailure", 401) };
    expect(await findings()).toEqual([
      expect.stringMatching(/^wrong: AWS accepts these credentials, and not in the region eu-central-1/),
    ]);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "another");
    expect(await findings()).toEqual([expect.stringMatching(/SignatureDoesNotMatch.*log in/)]);
  });

  test("AWS that is not reached is unknown, not wrong", async () => {
    vi.stubEnv("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    expect(await findings()).toEqual([expect.stringMatching(/^unknown: 127\.0\.0\.1:1 does not answer/)]);
  });
});

test("everything that the config names and AWS does not have is told at once, by its key", async () => {
  const gone = (code: string) => () => new Refusal(`${code}.NotFound`);
  change = {
    "ec2:DescribeImages": gone("InvalidAMIID"),
    "ec2:DescribeVpcs": gone("InvalidVpcID"),
    "ec2:DescribeSubnets": gone("InvalidSubnetID"),
    "ec2:DescribeRouteTables": gone("InvalidRouteTableID"),
    "ec2:DescribeKeyPairs": gone("InvalidKeyPair"),
  };
  const found = await findings(inVpc());
  expect(found.map((line) => line.split(": ").slice(0, 2).join(" "))).toEqual([
    "wrong ec2.ami",
    "wrong ec2.vpc.id",
    "wrong ec2.subnets[0].id",
    "wrong ec2.routeTables[0]",
    "wrong ec2.keyPair",
  ]);
  change = { "ec2:DescribeAddresses": gone("InvalidAllocationID") };
  expect(await findings(ec2With({ elasticIp: eip }, { prebaked: true }))).toEqual([
    expect.stringMatching(/^wrong: pairs\[0\]\.vip\.elasticIp: AWS has no Elastic IP/),
  ]);
});

test("what is there and does not fit is told with what to set", async () => {
  change = {
    "ec2:DescribeImages": () => image("x86_64", 40),
    "ec2:DescribeVpcs": () => vpc("172.31.0.0/16"),
    "ec2:DescribeVpcAttribute": () => "<enableDnsHostnames><value>false</value></enableDnsHostnames>",
    "ec2:DescribeSubnets": () => subnet("vpc-other", "10.0.9.0/24", "eu-central-1b"),
    "ec2:DescribeRouteTables": () => "<routeTableSet><item><vpcId>vpc-other</vpcId></item></routeTableSet>",
  };
  const found = await findings(inVpc());
  expect(found.every((line) => line.startsWith("wrong: "))).toBe(true);
  expect(found.map((line) => line.split(": ")[1])).toEqual([
    "ec2.ami",
    "ec2.diskGb",
    "pairs[0].vip.address",
    "ec2.vpc.id",
    "ec2.subnets[0].cidr",
    "ec2.subnets[0].zone",
    "ec2.subnets[0].id",
    "ec2.routeTables[0]",
  ]);
});

test("what AWS does not say, for want of a permission to ask, is unknown", async () => {
  change = {
    "ec2:DescribeImages": undefined,
    "ec2:DescribeInstanceTypes": undefined,
    "ec2:DescribeVpcEndpoints": undefined,
    "ec2:DescribeNetworkInterfaces": undefined,
  };
  const found = await findings(inVpc(), []);
  expect(found.map((line) => line.split(":")[0])).toEqual([...Array(4).fill("unknown"), "later"]);
  expect(found[0]).toContain("DescribeImages is not allowed (UnauthorizedOperation): add it to the policy");
});

describe("of permissions", () => {
  test("those that IAM's simulation denies are named; of those that depend on the request nothing is said", async () => {
    change = { "iam:SimulatePrincipalPolicy": () => simulation(["ec2:RunInstances", "iam:CreateRole"]) };
    expect(await findings()).toEqual([
      expect.stringContaining(
        "AWS does not allow arn:aws:iam::123456789012:role/teams/admin ec2:RunInstances, iam:CreateRole: add",
      ),
    ]);
  });

  test("where IAM does not simulate, dry runs tell what they can, and the rest is unknown", async () => {
    change = {
      "iam:SimulatePrincipalPolicy": undefined,
      "ec2:CreateVpc": ({ parameters }) =>
        new Refusal(parameters.DryRun === "true" ? "DryRunOperation" : "IncorrectState", 412),
      "ec2:RunInstances": () => new Refusal("DryRunOperation", 412),
      "ec2:CreateInternetGateway": () => new Refusal("DryRunOperation", 412),
    };
    expect(await findings()).toEqual([
      expect.stringMatching(/^unknown: permissions in AWS are not checked beforehand/),
      expect.stringMatching(/^wrong: AWS does not allow ec2:AllocateAddress: add/),
    ]);
  });

  test("nothing is simulated where the config says so", async () => {
    await findings(ec2With({}, { checkPermissions: false }));
    expect(aws.asked.filter((action) => action.startsWith("iam:"))).toEqual([]);
  });
});

describe("of room", () => {
  test("quotas that the stack would exceed are told with the command that asks for more", async () => {
    change = {
      "servicequotas:GetServiceQuota": () => ({ Quota: { Value: 5 } }),
      "ec2:DescribeAddresses": () =>
        `<addressesSet>${"<item><publicIp>203.0.113.1</publicIp></item>".repeat(5)}</addressesSet>`,
      "ec2:DescribeInstances": ({ parameters }) =>
        parameters.NextToken ? running(1) : `${running(1)}<nextToken>more</nextToken>`,
    };
    const found = await findings(ec2Config(), []);
    expect(found).toEqual([
      expect.stringMatching(
        /may have 5 vCPUs of running on-demand instances in eu-central-1, has 4, and the stack needs 6 more/,
      ),
      expect.stringMatching(
        /may have 5 Elastic IPs .* has 5, and the stack needs 1 more: .*--quota-code L-0263D0A3 --desired-value 6\)$/,
      ),
      expect.stringMatching(/^later/),
    ]);
  });

  test("what the stack has already needs no more room", async () => {
    change = { "servicequotas:GetServiceQuota": () => ({ Quota: { Value: 0 } }) };
    const made = madeOf("Vpc", "Eip", "Instance", "Instance", "Instance");
    expect(await findings(ec2Config(), made)).toEqual([]);
  });
});

describe("of places", () => {
  test("a zone that there is not, and one without the instance type, are told with the others", async () => {
    change = { "ec2:DescribeInstanceTypeOfferings": () => offerings("eu-central-1b") };
    expect(await findings()).toEqual([
      expect.stringMatching(
        /^wrong: ec2\.subnets\[0\]\.zone: eu-central-1a has no t4g\.small: choose one of eu-central-1b/,
      ),
    ]);
    const zone = { zone: "eu-central-1x", cidr: "10.0.1.0/24" };
    change = {};
    expect(await findings(ec2With({}, { subnets: [zone] }))).toEqual([
      expect.stringMatching(
        /no zone eu-central-1x: choose one of eu-central-1a, eu-central-1b, eu-central-1c$/,
      ),
    ]);
  });

  test("an instance type that there is not, or of other processors, is told", async () => {
    change = { "ec2:DescribeInstanceTypes": () => new Refusal("InvalidInstanceType") };
    expect(await findings(ec2With({}, { instanceType: "t9g.small" }))).toEqual([
      expect.stringMatching(/^wrong: ec2\.instanceType: AWS has no t9g\.small/),
    ]);
    change = { "ec2:DescribeInstanceTypes": () => types("x86_64") };
    expect(await findings()).toEqual([expect.stringMatching(/t4g\.small has processors of x86_64/)]);
  });

  test("an address that somebody else has is told, and the stack's own interfaces are not", async () => {
    change = {
      "ec2:DescribeNetworkInterfaces": () =>
        `<networkInterfaceSet>${networkInterface("eni-0", "RDS", "10.0.1.30")}${networkInterface("eni-1", "hapair: haproxy1", "10.0.1.20")}</networkInterfaceSet>`,
    };
    const own = { type: "aws:ec2/networkInterface:NetworkInterface", id: "eni-1" };
    const taken =
      "wrong: pairs[0].pool.machines[0].address: 10.0.1.30 is in use by eni-0 (RDS): choose a free address";
    expect(await findings(inVpc(), [own])).toEqual([taken]);
    // Another stack's host has the same name.
    expect(await findings(inVpc())).toEqual([
      taken,
      "wrong: pairs[0].nodes[0].address: 10.0.1.20 is in use by eni-1 (hapair: haproxy1): choose a free address",
    ]);
  });

  test("an Elastic IP that something else uses is told, until the stack's own nodes may use it", async () => {
    change = {
      "ec2:DescribeAddresses": () => addresses("<networkInterfaceId>eni-7</networkInterfaceId>"),
    };
    const config = ec2With({ elasticIp: eip }, { prebaked: true });
    expect((await findings(config, []))[0]).toMatch(
      /^wrong: pairs\[0\]\.vip\.elasticIp: eipalloc-0123456789abcdef0 is in use by eni-7/,
    );
    expect(await findings(config, madeOf("Vpc", "Instance", "Instance", "Instance"))).toEqual([]);
  });

  test("an endpoint of the EC2 API that the VPC has already is told, unless it is the stack's own", async () => {
    change = {
      "ec2:DescribeVpcEndpoints": () =>
        "<vpcEndpointSet><item><vpcEndpointId>vpce-0</vpcEndpointId><privateDnsEnabled>true</privateDnsEnabled></item></vpcEndpointSet>",
    };
    expect(await findings(inVpc())).toEqual([
      expect.stringMatching(/^wrong: ec2\.api: .* vpce-0, .*set ec2\.api to nat/),
    ]);
    expect(await findings(inVpc(), madeOf("Vpc", "VpcEndpoint"))).toEqual([]);
    expect(await findings(inVpc({ api: "nat" }))).toEqual([]);
  });
});

test("the engine's provider of AWS is missed before a roll-out needs it", () => {
  const home = mkdtempSync(join(tmpdir(), "hapair-plugins-"));
  try {
    expect(pluginFindings(home)).toEqual([
      {
        verdict: "wrong",
        text: expect.stringContaining("npm run pulumi -- plugin install resource aws 7.48.0"),
      },
    ]);
    mkdirSync(join(home, "plugins/resource-aws-v7.48.0"), { recursive: true });
    expect(pluginFindings(home)).toEqual([]);
  } finally {
    rmSync(home, { recursive: true });
  }
});
