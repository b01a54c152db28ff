import { createServer } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openBudget } from "../../../../agent/aws/budget.ts";
import { openCredentials } from "../../../../agent/aws/credentials.ts";
import { openEc2 } from "../../../../agent/aws/ec2.ts";
import { Ec2Error } from "../../../../agent/aws/ec2Error.ts";
import { openMetadata } from "../../../../agent/aws/metadata.ts";
import { steadyNowMs } from "../../../../agent/daemon/clock.ts";
import { messageOf } from "../../../../base/failure.ts";
import { listening } from "../egress/probeFixtures.ts";
import { Aws, refuse, region } from "./awsFake.ts";

let stack: AsyncDisposableStack;
let aws: Aws;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  aws = stack.use(await Aws.open());
});
afterEach(() => stack.disposeAsync());

async function client(perMinute = 600) {
  const credentials = openCredentials(openMetadata(await aws.metadata("a")));
  const budget = openBudget(perMinute, () => performance.now());
  return openEc2({ region, endpoint: aws.endpoint, credentials, budget });
}

const take = {
  NetworkInterfaceId: "eni-0a",
  "PrivateIpAddress.1": "10.0.1.100",
  AllowReassignment: "true",
};

/** How a call fails, and after how many ms. */
async function failure(ec2: { call: ReturnType<typeof openEc2>["call"] }) {
  const begun = performance.now();
  const error: unknown = await ec2.call("AssignPrivateIpAddresses", take).then(
    () => "no failure",
    (error: unknown) => error,
  );
  if (!(error instanceof Ec2Error)) throw new Error(`not an Ec2Error: ${messageOf(error)}`);
  const { kind, code, message } = error;
  for (const secret of [aws.keys.secret, aws.keys.token, aws.keys.id]) expect(message).not.toContain(secret);
  return { kind, code, message, ms: performance.now() - begun };
}

test("a call is signed as AWS specifies, with the role's session token, and takes effect", async () => {
  const ec2 = await client();
  await ec2.call("AssignPrivateIpAddresses", { ...take, "PrivateIpAddress.1": "10.0.1.100" });
  await expect.poll(() => aws.interfaces.a.addresses).toEqual(["10.0.1.100"]);
  // Characters that canonical forms treat differently.
  await expect(ec2.call("Nothing", { Tag: "a b+c~d/é*'()!=&%" })).rejects.toMatchObject({
    code: "InvalidParameterValue",
  });
  expect(aws.calls.at(-1)?.get("Tag")).toBe("a b+c~d/é*'()!=&%");
});

test("keys that the API no longer accepts are read again at once", async () => {
  const ec2 = await client();
  await ec2.call("AssignPrivateIpAddresses", take);
  Object.assign(aws.keys, { id: "ASIANEXT", secret: "next", token: "next" });
  expect(await failure(ec2)).toMatchObject({ kind: "credentials", code: "AuthFailure" });
  aws.shown = { ...aws.keys };
  await ec2.call("AssignPrivateIpAddresses", take);
});

test("keys are kept until five minutes before they expire, and longer where no others can be read", async () => {
  const metadata = openMetadata(await aws.metadata("a"));
  const credentials = openCredentials(metadata);
  const reads = () => aws.metadataReads.filter((path) => path.endsWith("/hapair")).length;
  for (let call = 0; call < 3; call += 1) await credentials.current();
  expect(reads()).toBe(1);
  credentials.refused();
  aws.expiresInS = 299;
  const late = await credentials.current();
  await credentials.current();
  expect(reads()).toBe(3);
  aws.role = null;
  expect(await credentials.current()).toEqual(late);
  credentials.refused();
  await expect(credentials.current()).rejects.toThrow("this instance has no IAM role");
  Object.assign(aws, { role: "hapair", code: "AssumeRoleUnauthorizedAccess" });
  await expect(credentials.current()).rejects.toThrow("no keys of the role hapair");
  expect(await failure(await client())).toMatchObject({ kind: "unavailable", code: "NoCredentials" });
});

test.each<[number, string, string]>([
  [503, "Unavailable", "unavailable"],
  [503, "RequestLimitExceeded", "unavailable"],
  [400, "RequestLimitExceeded", "unavailable"],
  [400, "Throttling", "unavailable"],
  [500, "InternalError", "unavailable"],
  [400, "RequestExpired", "credentials"],
  [401, "AuthFailure", "credentials"],
  [400, "ExpiredToken", "credentials"],
  [403, "UnauthorizedOperation", "refused"],
  [400, "InvalidNetworkInterfaceID.NotFound", "refused"],
])("an answer %i %s is a failure of the kind %s", async (status, code, kind) => {
  aws.fault = (_, response) => refuse(response, status, code, "so it is") ?? true;
  expect(await failure(await client())).toMatchObject({
    kind,
    code,
    message: expect.stringContaining("so it is"),
  });
});

test("a missing permission is named with its remedy, in the same words at every try", async () => {
  let tries = 0;
  aws.fault = (_, response) =>
    refuse(
      response,
      403,
      "UnauthorizedOperation",
      `You are not authorized to perform this operation. Encoded authorization failure message: ${"x".repeat(50)}${tries++}`,
    ) ?? true;
  const ec2 = await client();
  const [first, second] = [await failure(ec2), await failure(ec2)];
  expect(second.message).toBe(first.message);
  expect(first.message).toBe(
    "AssignPrivateIpAddresses fails with UnauthorizedOperation: You are not authorized to perform this operation. (attach the policy that the stack renders to the instance's role)",
  );
});

test.each<[string, NonNullable<Aws["fault"]>, object]>([
  ["garbage", (_, response) => response.end("\u0000<<>garbage"), { kind: "unavailable", code: "Malformed" }],
  ["another call's answer", (_, response) => response.end("<DescribeXResponse/>"), { code: "Malformed" }],
  [
    "an answer that says false",
    (_, response) => response.end("<AssignPrivateIpAddressesResponse><return>false</return>"),
    { code: "Malformed" },
  ],
  [
    "an HTML page",
    (_, response) => response.writeHead(502).end("<html>"),
    { kind: "unavailable", code: "HTTP502" },
  ],
  [
    "a code that is none",
    (_, response) => refuse(response, 400, 'a b\n"c', "") ?? true,
    { code: "Malformed" },
  ],
  [
    "a closed connection",
    (_, response) => response.socket?.destroy(),
    { kind: "unavailable", code: "NoAnswer" },
  ],
])("%s in place of an answer is a failure", async (_, fault, expected) => {
  aws.fault = (...all) => fault(...all) ?? true;
  expect(await failure(await client())).toMatchObject(expected);
});

test("no redirect is followed", async () => {
  const elsewhere = stack.use(
    await listening(createServer((_, response) => response.end("<AssignPrivateIpAddressesResponse>"))),
  );
  aws.fault = (_, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${elsewhere.port}/` }).end();
  expect(await failure(await client())).toMatchObject({ kind: "refused", code: "Redirect" });
  expect(elsewhere.accepted()).toBe(0);
});

test.each<[string, NonNullable<Aws["fault"]>]>([
  ["never answers", () => true],
  [
    "answers a byte at a time",
    (_, response) => {
      const drip = setInterval(() => response.write("<"), 50);
      response.on("close", () => clearInterval(drip));
      return true;
    },
  ],
])("an API that %s costs at most two seconds", async (_, fault) => {
  aws.fault = fault;
  const found = await failure(await client());
  expect(found).toMatchObject({ kind: "unavailable", code: "NoAnswer" });
  expect(found.ms).toBeGreaterThan(1000);
  expect(found.ms).toBeLessThan(2000);
});

test("an answer of 100 MB is not read", async () => {
  const part = Buffer.alloc(64 * 1024, "x");
  let sent = 0;
  aws.fault = (_, response) => {
    const more = (): void => {
      while (sent < 100 * 1024 * 1024 && !response.destroyed) {
        sent += part.length;
        if (!response.write(part)) return void response.once("drain", more);
      }
    };
    more();
    return true;
  };
  expect(await failure(await client())).toMatchObject({
    message: expect.stringContaining("more than 1048576 bytes"),
  });
  expect(sent).toBeLessThan(16 * 1024 * 1024);
});

test("calls over the cap are not sent, and a move goes before all else", async () => {
  const ec2 = await client(24);
  let sent = 0;
  aws.fault = () => {
    sent += 1;
  };
  for (let call = 0; call < 12; call += 1) await ec2.call("AssignPrivateIpAddresses", take, "move");
  expect(await failure(ec2)).toMatchObject({ kind: "unavailable", code: "OwnCap" });
  expect(sent).toBe(12);
  const idle = await client(24);
  for (let time = 0; time < 5; time += 1) await idle.warm();
  await expect(idle.call("AssignPrivateIpAddresses", take)).rejects.toThrow("cap on requests");
  for (let call = 0; call < 10; call += 1) await idle.call("AssignPrivateIpAddresses", take, "move");
});

test("a cap says after how many ms it allows a request", () => {
  let nowMs = 0;
  const budget = openBudget(60, () => nowMs);
  for (let call = 0; call < 20; call += 1) expect(budget.take(10)).toBe(0);
  expect(budget.take(10)).toBe(2000);
  for (let call = 0; call < 10; call += 1) expect(budget.take()).toBe(0);
  nowMs += 500;
  expect(budget.take()).toBe(1500);
  nowMs += 1500;
  expect(budget.take()).toBe(0);
});

test("the API is reached by an answer of this moment, and not within a cap that forbids the call that follows", async () => {
  let asked = 0;
  const api = stack.use(
    await listening(
      createServer((_, response) => {
        asked += 1;
        response.end("<XResponse/>");
      }),
    ),
  );
  const credentials = openCredentials(openMetadata(await aws.metadata("a")));
  const budget = openBudget(8, () => 0);
  const ec2 = openEc2({ region, endpoint: `http://127.0.0.1:${api.port}`, credentials, budget });
  const since = steadyNowMs();
  await ec2.reach(1, since);
  await ec2.reach(1, since);
  expect(asked).toBe(1);
  await ec2.reach(1, steadyNowMs());
  await ec2.call("X", {}, "move");
  expect([asked, api.accepted()]).toEqual([3, 1]);
  await new Promise((resolve) => setTimeout(resolve, 350));
  await expect(ec2.reach(1, since)).rejects.toThrow("cap on requests");
  await ec2.call("X", {}, "move");
});

test("a call finds the connection and the keys that were made ready", async () => {
  const api = stack.use(await listening(createServer((_, response) => response.end("<XResponse/>"))));
  const credentials = openCredentials(openMetadata(await aws.metadata("a")));
  const budget = openBudget(60, () => performance.now());
  const ec2 = openEc2({ region, endpoint: `http://127.0.0.1:${api.port}`, credentials, budget });
  await ec2.warm();
  const reads = aws.metadataReads.length;
  await ec2.call("X", {});
  expect([api.accepted(), aws.metadataReads.length]).toEqual([1, reads]);
});

test("the metadata service's token is renewed where it is no longer accepted", async () => {
  const metadata = openMetadata(await aws.metadata("a"));
  expect(await metadata.read("iam/security-credentials/")).toBe("hapair");
  aws.metadataToken = "token-2";
  expect(await metadata.read("iam/security-credentials/")).toBe("hapair");
  expect(await metadata.read("no/such/path")).toBeUndefined();
});
