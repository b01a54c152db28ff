import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { AwsFailure } from "../../../../cli/aws/awsError.ts";
import { operatorCredentials } from "../../../../cli/aws/credentials.ts";
import { type DebianImage, imagesIn } from "../../../../cli/aws/images.ts";
import { formatImages } from "../../../../cli/commands/amis.ts";
import { type Answers, type AwsFake, awsFake, identity, keys, Refusal } from "./awsFake.ts";

/** Debian's current images, as Debian names them in AWS. */

let aws: AwsFake;
let answers: Answers;
let folder: string;

const parameter = (architecture: string, id: string) => ({
  Name: `/aws/service/debian/release/13/latest/${architecture}`,
  Value: id,
  LastModifiedDate: Date.UTC(2026, 10, 20, 12) / 1000,
});
const both = {
  "sts:GetCallerIdentity": () => identity(),
  "ssm:GetParameters": () => ({
    Parameters: [parameter("amd64", "ami-0d"), parameter("arm64", "ami-0a")],
    InvalidParameters: [],
  }),
};

beforeEach(async () => {
  answers = both;
  aws = await awsFake(() => answers);
  folder = mkdtempSync(join(tmpdir(), "hapair-aws-"));
  for (const name of ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
    vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_ENDPOINT_URL", aws.url);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
  await aws[Symbol.asyncDispose]();
});

function logIn(change: Partial<typeof keys> = {}): void {
  const { id, secret, token } = { ...keys, ...change };
  vi.stubEnv("AWS_ACCESS_KEY_ID", id);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secret);
  vi.stubEnv("AWS_SESSION_TOKEN", token);
}
const images = async (...regions: string[]) =>
  imagesIn(regions.length > 0 ? regions : ["eu-central-1"], await operatorCredentials());
const failure = async (...regions: string[]): Promise<AwsFailure> =>
  images(...regions).then(
    () => Promise.reject(new Error("it was expected to fail")),
    (error) => {
      expect(error).toBeInstanceOf(AwsFailure);
      return error;
    },
  );

test("both architectures' images are told, with the day since when they are current", async () => {
  logIn();
  expect(await images()).toEqual([
    { region: "eu-central-1", architecture: "arm64", id: "ami-0a", since: "2026-11-20" },
    { region: "eu-central-1", architecture: "amd64", id: "ami-0d", since: "2026-11-20" },
  ]);
});

test("each region is asked for its own", async () => {
  logIn();
  answers = {
    ...both,
    "ssm:GetParameters": ({ region }) => ({ Parameters: [parameter("arm64", `ami-of-${region}`)] }),
  };
  expect((await images("eu-central-1", "us-east-1")).map(({ id }) => id)).toEqual([
    "ami-of-eu-central-1",
    "ami-of-us-east-1",
  ]);
});

test("a profile's keys are used as well as those of the environment", async () => {
  writeFileSync(
    join(folder, "credentials"),
    `[work]\naws_access_key_id = ${keys.id}\naws_secret_access_key = ${keys.secret}\naws_session_token = ${keys.token}\n`,
  );
  vi.stubEnv("AWS_PROFILE", "work");
  expect(await images()).toHaveLength(2);
});

test("without credentials, the failure says how to log in", async () => {
  const { trouble, message } = await failure();
  expect(trouble).toBe("credentials");
  expect(message).toMatch(/^there are no credentials of AWS .*log in \(aws sso login, or aws configure\)/);
  expect(aws.asked).toEqual([]);
});

test.for([
  ["a wrong key", { secret: "another" }, "SignatureDoesNotMatch"],
  ["an unknown session", { token: "another" }, "AuthFailure"],
] as const)("%s is told in AWS's words, and never with the key", async ([, change, code]) => {
  logIn(change);
  const { trouble, message } = await failure();
  expect(trouble).toBe("credentials");
  expect(message).toContain(`AWS accepts no credentials (${code}`);
  for (const secret of ["another", keys.secret, keys.token]) expect(message).not.toContain(secret);
});

test("credentials that have expired are told as such", async () => {
  logIn();
  answers = { "sts:GetCallerIdentity": () => new Refusal("ExpiredToken", 403) };
  expect((await failure()).message).toMatch(/^AWS accepts no credentials \(ExpiredToken: .*log in/);
});

test("a region that the account does not use is told apart from credentials that are refused everywhere", async () => {
  logIn();
  answers = { ...both, "ssm:GetParameters": () => new Refusal("UnrecognizedClientException") };
  const { trouble, message } = await failure("ap-east-1");
  expect(trouble).toBe("region");
  expect(message).toContain("not in the region ap-east-1 (UnrecognizedClientException): enable the region");
});

test("a region without an image is told, and one with an image for one architecture tells that", async () => {
  logIn();
  answers = { ...both, "ssm:GetParameters": () => ({ Parameters: [] }) };
  expect(await failure()).toMatchObject({
    trouble: "absent",
    message: expect.stringContaining("Debian names no image of release 13 in eu-central-1"),
  });
  answers = { ...both, "ssm:GetParameters": () => ({ Parameters: [parameter("amd64", "ami-0d")] }) };
  expect((await images()).map(({ architecture }) => architecture)).toEqual(["amd64"]);
});

test("a permission that is missing is named", async () => {
  logIn();
  answers = { ...both, "ssm:GetParameters": () => new Refusal("AccessDeniedException") };
  expect(await failure()).toMatchObject({
    trouble: "denied",
    message: expect.stringMatching(/^GetParameters is not allowed \(AccessDeniedException\): add it/),
  });
});

test("AWS that is busy is asked again", async () => {
  logIn();
  let times = 0;
  answers = {
    ...both,
    "ssm:GetParameters": () => {
      times += 1;
      return times < 3 ? new Refusal("ThrottlingException") : both["ssm:GetParameters"]();
    },
  };
  expect(await images()).toHaveLength(2);
  expect(times).toBe(3);
});

const image = (change: Partial<DebianImage> = {}): DebianImage => ({
  ...{ region: "eu-central-1", architecture: "arm64", id: "ami-0a", since: "2026-11-20" },
  ...change,
});

test("the line for the config is of the stack's region and architecture, and left out where the config has it", () => {
  const all = [image(), image({ architecture: "amd64", id: "ami-0d" })];
  const section = { region: "eu-central-1", architecture: "amd64" } as const;
  expect(formatImages("aws", section, all).split("\n")).toEqual([
    "eu-central-1 arm64 ami-0a since 2026-11-20",
    "eu-central-1 amd64 ami-0d since 2026-11-20",
    "",
    "For stacks/Pulumi.aws.yaml, below hapair:ec2:",
    "    ami: ami-0d # Debian 13, amd64, eu-central-1, 2026-11-20",
  ]);
  expect(formatImages("aws", { ...section, ami: "ami-0d" }, all).split("\n")).toEqual([
    "eu-central-1 arm64 ami-0a since 2026-11-20",
    "eu-central-1 amd64 ami-0d since 2026-11-20, as the config has it",
  ]);
});
