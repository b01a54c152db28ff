import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openAws } from "../../../../cli/aws/aws.ts";
import { ec2 } from "../../../../cli/targets/ec2/target.ts";
import { parseTopology } from "../../../../topology/parse.ts";
import { ec2Config } from "../../../harness/testConfig.ts";
import { goodAccount } from "./accountAnswers.ts";
import { type Answers, type AwsFake, awsFake, keys, Refusal } from "./awsFake.ts";

/** What a roll-out says of credentials and regions before the engine starts. */

let aws: AwsFake;
let change: Answers;
beforeEach(async () => {
  change = {};
  aws = await awsFake(() => ({ ...goodAccount, ...change }));
  vi.stubEnv("AWS_ENDPOINT_URL", aws.url);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  for (const name of ["AWS_PROFILE", "HTTPS_PROXY", "https_proxy"]) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_ACCESS_KEY_ID", keys.id);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", keys.secret);
  vi.stubEnv("AWS_SESSION_TOKEN", keys.token);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  await aws[Symbol.asyncDispose]();
});

function prepared() {
  const topology = parseTopology(ec2Config());
  if (topology.target.kind !== "ec2") throw new Error("the example's target is ec2");
  return ec2.prepare(topology.target, topology, { without: [], leaving: [] });
}

test("credentials that have expired are told with how to log in", async () => {
  change = { "sts:GetCallerIdentity": () => new Refusal("ExpiredToken", 403) };
  await expect(prepared()).rejects.toThrow(
    /^AWS accepts no credentials \(ExpiredToken: .*\): log in \(aws sso login/,
  );
});

test("a region that the account does not use is told by its key", async () => {
  change = { "ec2:DescribeAvailabilityZones": () => new Refusal("AuthFailure", 401) };
  await expect(prepared()).rejects.toThrow(/not in the region eu-central-1 .*correct ec2\.region/);
});

test("good credentials, and permissions that are missing, are left to the engine's run", async () => {
  await expect(prepared()).resolves.toBeDefined();
  change = { "ec2:DescribeAvailabilityZones": undefined };
  await expect(prepared()).resolves.toBeDefined();
});

test("AWS that is reached through a proxy alone is left to the engine's run, which uses it", async () => {
  vi.stubEnv("HTTPS_PROXY", "http://127.0.0.1:9");
  await expect(prepared()).resolves.toBeDefined();
  expect(aws.asked).toEqual([]);
});

test("a name that does not resolve means a region that does not exist only where it is a region's", async () => {
  const cause = Object.assign(new Error("getaddrinfo ENOTFOUND"), { code: "ENOTFOUND" });
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("fetch failed", { cause })));
  vi.stubEnv("AWS_ENDPOINT_URL", undefined);
  const credentials = { accessKeyId: keys.id, secretAccessKey: keys.secret };
  const failures = (["ec2", "iam", "sts"] as const).map(async (service) => {
    const asking = openAws("eu-mars-1", credentials, undefined).query(service, "Any");
    return `${service}: ${Object(await asking.catch((error: unknown) => error)).code}`;
  });
  expect(await Promise.all(failures)).toEqual(["ec2: NoRegion", "iam: NoAnswer", "sts: NoAnswer"]);
});
