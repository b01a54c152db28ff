import { afterEach, beforeEach, expect, test } from "vitest";
import { openCredentials } from "../../../../agent/aws/credentials.ts";
import { openMetadata } from "../../../../agent/aws/metadata.ts";
import { findInterface } from "../../../../agent/aws/networkInterface.ts";
import { noVpcFaults } from "../../../../contract/vpc.ts";
import { allocationId, interfaceId, vpcAddresses } from "../../../harness/vpcSpec.ts";
import { ApiWorld } from "./vpcFixtures.ts";

/** Instance metadata as the agent and others read it. */

let world: ApiWorld;
let url: string;
beforeEach(async () => {
  world = new ApiWorld("elastic-ip");
  url = await world.metadata("a");
});
afterEach(() => world[Symbol.asyncDispose]());

const token = (headers: Record<string, string>, signal?: AbortSignal) =>
  fetch(`${url}/latest/api/token`, { method: "PUT", headers, ...(signal && { signal }) });
const ttl = { "x-aws-ec2-metadata-token-ttl-seconds": "60" };

test("nothing is read without a token, and no token goes to a proxy or for longer than six hours", async () => {
  const read = (headers = {}) => fetch(`${url}/latest/meta-data/mac`, { headers });
  expect((await read()).status).toBe(401);
  expect((await token({ "x-aws-ec2-metadata-token-ttl-seconds": "21601" })).status).toBe(400);
  expect((await token({ ...ttl, "x-forwarded-for": "10.0.1.9" })).status).toBe(403);
  const given = await (await token(ttl)).text();
  expect((await read({ "x-aws-ec2-metadata-token": given })).status).toBe(200);
  const other = await world.metadata("b");
  const elsewhere = { headers: { "x-aws-ec2-metadata-token": given } };
  expect((await fetch(`${other}/latest/meta-data/mac`, elsewhere)).status).toBe(401);
});

test("an instance finds its interface, and the keys of its own role", async () => {
  const metadata = openMetadata(url);
  expect(await findInterface(metadata, { address: "10.0.1.20" })).toMatchObject({ id: interfaceId("a") });
  const { id, secret, token: session } = world.keys.of("a");
  expect(await openCredentials(metadata).current()).toEqual({
    ...{ accessKeyId: id, secretAccessKey: secret, sessionToken: session },
  });
});

test("a public address appears when its move takes effect, and not when it was accepted", async () => {
  const given = await (await token(ttl)).text();
  const read = async (path: string) => {
    const headers = { "x-aws-ec2-metadata-token": given };
    const answer = await fetch(`${url}/latest/meta-data/network/interfaces/macs/${path}`, { headers });
    return answer.ok ? answer.text() : answer.status;
  };
  const mac = await read("");
  const [elastic] = world.account.elasticIps;
  const own = world.account.interface(interfaceId("a"));
  if (elastic === undefined || own === undefined) throw new Error(`no ${allocationId}`);
  world.faults = { ...world.faults, effectMs: 1000 };
  world.account.associate(elastic, own, own.address);
  expect(await read(`${mac}public-ipv4s`)).toBe(404);
  await expect.poll(() => read(`${mac}public-ipv4s`), { timeout: 10_000 }).toBe(vpcAddresses.elasticIp);
  expect(await read(`${mac}ipv4-associations/${vpcAddresses.elasticIp}`)).toBe("10.0.1.20");
});

test("of two moves the later one counts, also where it takes effect first", async () => {
  const [a, b] = ["a", "b"].map((name) => world.account.interface(interfaceId(name)));
  if (a === undefined || b === undefined) throw new Error("no interfaces");
  const { vip } = vpcAddresses;
  world.faults = { ...world.faults, effectMs: 150 };
  world.account.assign(vip, a);
  world.faults = { ...world.faults, effectMs: 0 };
  world.account.assign(vip, b);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(world.account.places()).toMatchObject({ owners: { [vip]: "b" }, delivered: { [vip]: "b" } });
  expect(world.told.filter((line) => line.startsWith("assign"))).toEqual([`assign ${vip} b`]);
});

test("a service that is down takes every request and says nothing, until it works again", async () => {
  world.faults = { ...world.faults, metadataDown: ["a"] };
  const asked = token(ttl, AbortSignal.timeout(500));
  await expect(asked).rejects.toThrow("aborted due to timeout");
  world.faults = noVpcFaults;
  expect((await token(ttl)).status).toBe(200);
});
