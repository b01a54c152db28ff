import * as pulumi from "@pulumi/pulumi";
import { setAllConfig } from "@pulumi/pulumi/runtime/config.js";
import { beforeAll, expect, test } from "vitest";
import { resourcesOf } from "../../../cli/engine/hostResources.ts";
import type { StackOutputs } from "../../../contract/stackOutputs.ts";
import { ec2With } from "../../unit/fixtures.ts";
import { made, mockAws, privateKey } from "./ec2Mocks.ts";

/** The whole program on EC2: what it delivers to its instances, and what it gives its user. */

const hosts = ["haproxy1", "haproxy2", "db1"];
const bastionKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJmD7i0bVYUOV3cG5T9gvCWHUSrS8wT1H7rsCQUp0O3S";
let outputs: StackOutputs;
let secretOutputs: readonly string[];

beforeAll(async () => {
  await mockAws();
  const bastion = { host: "gate.example.com", hostKey: bastionKey };
  const config = ec2With({ elasticIp: "eipalloc-0123456789abcdef0" }, { bastion, prebaked: true });
  setAllConfig(
    Object.fromEntries(
      Object.entries(config).map(([name, value]) => [
        `hapair:${name}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  // Components read the runtime's settings when they load, so they are imported after the mocks are set.
  const { program } = await import("../../../stacks/program.ts");
  const declared = await program();
  outputs = await new Promise((resolve) =>
    pulumi.output(declared).apply((value) => resolve(value as StackOutputs)),
  );
  const secret = await Promise.all(
    Object.entries(declared).map(async ([name, value]) =>
      (await pulumi.isSecret(pulumi.output(value))) ? [name] : [],
    ),
  );
  secretOutputs = secret.flat();
  await pulumi.runtime.disconnect();
});

const named = (name: string) => {
  const found = made.find((resource) => resource.name === name);
  if (!found) throw new Error(`no resource named ${name}: ${made.map(({ name }) => name).join(", ")}`);
  return found;
};
const position = (name: string) => made.indexOf(named(name));

test("a user gets the virtual address, the public one that follows it, and how to log in", () => {
  expect(outputs.vip).toBe("10.0.1.100");
  expect(outputs.publicAddress).toBe("203.0.113.9");
  expect(outputs.databaseUrl).toMatch(
    /^postgresql:\/\/app:a-password@10\.0\.1\.100:5432\/postgres\?sslmode=verify-full/,
  );
  expect(outputs.ssh.db1).toMatchObject({
    host: "10.0.1.30",
    user: "admin",
    privateKey: `${privateKey}\n`,
    proxy: { host: "gate.example.com" },
  });
});

test("the database's URL and the logins are secrets", () => {
  expect(secretOutputs).toEqual(expect.arrayContaining(["databaseUrl", "ssh"]));
});

test("the very first login is to the host key that the stack made, through a bastion whose key is known", () => {
  const remote = made.filter(({ type }) => type.startsWith("command:remote:"));
  expect(remote.length).toBeGreaterThan(15);
  for (const { inputs } of remote) {
    expect(pulumi.runtime.isRpcSecret(inputs.connection)).toBe(true);
    const connection = pulumi.runtime.unwrapRpcSecret(inputs.connection);
    expect(connection.hostKey).toMatch(/^ssh-ed25519 AAAA/);
    expect(connection.privateKey).toBe(privateKey);
    expect(connection.proxy).toMatchObject({ host: "gate.example.com", hostKey: bastionKey });
  }
});

test("an instance is there before it is asked for its facts, and each host before the first package", () => {
  for (const host of hosts) expect(position(`${host}-facts`)).toBeGreaterThan(position(`${host}-instance`));
  const last = Math.max(...hosts.map((host) => position(`${host}-facts`)));
  for (const host of hosts) expect(position(`${host}-packages`)).toBeGreaterThan(last);
});

test("each node's files have the ids that AWS gave, and the pool's machine none", () => {
  const mover = (host: string) =>
    JSON.parse(
      (named(`${host}-bundle`).inputs.triggers[0] as Record<string, string>)["etc/hapair/mover.json"] ?? "{}",
    );
  for (const [host, address] of [["haproxy1", "10.0.1.20"] as const, ["haproxy2", "10.0.1.21"] as const])
    expect(mover(host)).toMatchObject({
      privateAddress: address,
      interfaceId: `NetworkInterface/${host}-${address}`,
      allocationId: "eipalloc-0123456789abcdef0",
    });
  expect(mover("db1")).toEqual({});
});

test("everything of a host is something that a roll-out can leave out", () => {
  const onHosts = made
    .filter(({ type }) => type.startsWith("command:remote:") || type === "aws:ec2/instance:Instance")
    .map(({ name }) => name);
  const known = hosts.flatMap(resourcesOf);
  expect(onHosts.filter((name) => !known.includes(name))).toEqual([]);
});

test("every resource of AWS is made by the provider of the stack's region, which adds the tags", () => {
  expect(named("aws").inputs).toMatchObject({ region: "eu-central-1" });
  for (const { type, provider } of made.filter(({ type }) => /^aws:(ec2|iam|vpc)\//.test(type)))
    expect(provider, type).toContain("::aws::aws-id");
});
