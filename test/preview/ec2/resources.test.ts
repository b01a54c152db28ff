import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { beforeEach, describe, expect, test } from "vitest";
import { sshKeyPair } from "../../harness/sshKeyPair.ts";
import { ec2Config } from "../../harness/testConfig.ts";
import { ec2With } from "../../unit/fixtures.ts";
import { declare, ofType } from "./declare.ts";
import { dependenciesOf, forget, ignored, listing, made, mockAws, privateKey } from "./ec2Mocks.ts";
import { modes } from "./modes.ts";

/** What the target makes in AWS, mode by mode. */

beforeEach(async () => {
  await mockAws();
  forget();
  process.env.SSH_AUTH_SOCK = "/run/agent";
});

describe.each(Object.entries(modes))("%s", (mode, config) => {
  test("makes the resources and rules of the list", async () => {
    await declare(config);
    await expect(listing()).toMatchFileSnapshot(`golden/${mode}.yaml`);
  });

  test("lets nobody in from everywhere, and VRRP from the nodes to the nodes alone", async () => {
    await declare(config);
    const ingress = ofType("SecurityGroupIngressRule").map(({ inputs }) => inputs);
    expect(ingress.length).toBeGreaterThan(5);
    for (const { cidrIpv4 } of ingress) expect(cidrIpv4).not.toBe("0.0.0.0/0");
    const vrrp = made.filter(({ inputs }) => inputs.ipProtocol === "112").map(({ inputs }) => inputs);
    expect(vrrp).toHaveLength(2);
    for (const rule of vrrp) {
      expect(rule.referencedSecurityGroupId).toBe("SecurityGroup/hapair-pg-nodes");
      expect(rule.securityGroupId).toBe("SecurityGroup/hapair-pg-nodes");
      expect([rule.fromPort, rule.toPort, rule.cidrIpv4]).toEqual([undefined, undefined, undefined]);
    }
  });

  test("makes instances with version 2 of the metadata, encrypted disks and an interface that was there before", async () => {
    await declare(config);
    const instances = ofType("Instance");
    expect(instances).toHaveLength(3);
    for (const { inputs } of instances) {
      expect(inputs.metadataOptions).toMatchObject({ httpTokens: "required", httpPutResponseHopLimit: 1 });
      expect(inputs.rootBlockDevice.encrypted).toBe(true);
      expect(inputs.primaryNetworkInterface.networkInterfaceId).toMatch(/^NetworkInterface\//);
      expect([inputs.networkInterfaces, inputs.privateIp, inputs.subnetId]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
    }
  });

  test("keeps every private key a secret, and user data with one", async () => {
    await declare(config);
    const body = privateKey.split("\n")[2] ?? "no key";
    for (const { name, type, inputs } of made.filter(({ type }) => type.startsWith("aws:"))) {
      const shown = Object.entries(inputs).filter(([, value]) => !pulumi.runtime.isRpcSecret(value));
      expect(JSON.stringify(shown), `${type} ${name}`).not.toContain(body);
    }
    for (const { inputs } of ofType("Instance")) {
      expect(pulumi.runtime.isRpcSecret(inputs.userData)).toBe(true);
      const text: string = pulumi.runtime.unwrapRpcSecret(inputs.userData);
      expect(text.startsWith("#cloud-config\n")).toBe(true);
      expect(JSON.parse(text.slice(text.indexOf("\n"))).ssh_keys.ed25519_private).toBe(privateKey);
      expect(Buffer.byteLength(text)).toBeLessThan(16 * 1024);
    }
  });
});

test("no later run takes the address off the node to which the mover has moved it", async () => {
  const addresses = ["privateIps", "privateIpsCount", "privateIpLists"];
  await declare(modes["secondary-ip-followed"]);
  expect(ignored()).toMatchObject({
    "NetworkInterface haproxy1-10.0.1.20": addresses,
    "NetworkInterface haproxy2-10.0.1.21": addresses,
  });
  const own = made.find(({ name, type }) => name === "pg-vip" && type.includes("eip"))?.inputs ?? {};
  expect([own.networkInterface, own.instance, own.associateWithPrivateIp]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  forget();
  await mockAws();
  await declare(modes.route);
  const routes = made.filter(({ inputs }) => inputs.destinationCidrBlock === "172.31.255.1/32");
  expect(routes.map(({ name }) => ignored()[`Route ${name}`])).toEqual([
    ["networkInterfaceId"],
    ["networkInterfaceId"],
  ]);
});

test("the endpoint of the EC2 API takes its address once the hosts and the virtual address have theirs", async () => {
  await declare(ec2Config());
  const addresses = ["haproxy1-10.0.1.20", "haproxy2-10.0.1.21", "db1-10.0.1.30", "pg-vip"];
  expect(dependenciesOf("ec2-api")).toEqual(expect.arrayContaining(addresses));
});

test("an Elastic IP that follows is removed after the interfaces that may have it", async () => {
  await declare(modes["secondary-ip-followed"]);
  for (const node of ["haproxy1-10.0.1.20", "haproxy2-10.0.1.21"])
    expect(dependenciesOf(node)).toEqual(["pg-vip"]);
});

test("only the very first command on a host waits for it to boot", async () => {
  await declare(ec2Config());
  const limits = (part: string) =>
    made
      .filter(({ name }) => name.endsWith(`-${part}`))
      .map(({ inputs }) => pulumi.runtime.unwrapRpcSecret(inputs.connection).dialErrorLimit);
  expect(limits("facts")).toEqual([60, 60, 60]);
  expect(limits("packages")).toEqual([8, 8, 8]);
});

test("a login key of a kind that AWS does not import is refused by its path, before anything is made", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "hapair-key-")), "id_ecdsa");
  const { private: text } = sshKeyPair("ecdsa");
  writeFileSync(file, text);
  await expect(declare(ec2With({}, { identityFile: file }))).rejects.toThrow(
    `ec2.identityFile: ${file} is a key of ecdsa-sha2-nistp256, and AWS imports RSA and ed25519 alone: name such a key, or set ec2.keyPair`,
  );
  expect(ofType("Vpc")).toEqual([]);
  rmSync(dirname(file), { recursive: true });
});

test("PostgreSQL's instance alone is protected, unless the config says otherwise", async () => {
  const protectedOnes = () =>
    ofType("Instance").flatMap(({ name, inputs }) => (inputs.disableApiTermination ? [name] : []));
  await declare(ec2Config());
  expect(protectedOnes()).toEqual(["db1-instance"]);
  forget();
  await mockAws();
  await declare(ec2With({}, { protect: false }));
  expect(protectedOnes()).toEqual([]);
  expect(listing()).not.toMatch(/protect: true|deleteOnTermination: false/);
  // Its image stays, so that nothing replaces it on the way to its removal.
  expect(ignored()["Instance db1-instance"]).toContain("ami");
});

test("every text of a rule has only characters that AWS accepts", async () => {
  const config = ec2With({ elasticIp: "follow" }, { api: "public" }, { syslog: { address: "10.0.1.5" } });
  const [pair] = config.pairs as [Record<string, unknown>];
  const machines = [{ name: "db1", address: "10.0.1.30" }];
  const pool = { machines, session: { port: 5433 }, directClients: ["10.0.1.9/32"] };
  await declare({ ...config, pairs: [{ ...pair, pool }] });
  const texts = made.flatMap(({ type, inputs }) =>
    type.includes("SecurityGroup") ? [String(inputs.description)] : [],
  );
  expect(texts.length).toBeGreaterThan(20);
  for (const text of texts) expect(text).toMatch(/^[a-zA-Z0-9 ._:/()#,@[\]+=&;{}!$*-]{1,255}$/);
});

test("the second node's instance is made before the first one's, so that one run never replaces both at once", async () => {
  await declare(ec2Config());
  const position = (name: string) => made.findIndex((resource) => resource.name === name);
  expect(position("haproxy1-instance")).toBeGreaterThan(position("haproxy2-instance"));
});

test("an instance that is replaced gets its packages and bundle again, as its id is another one", async () => {
  const { machines } = await declare(ec2Config());
  for (const name of ["haproxy1", "haproxy2", "db1"]) {
    const identity = await new Promise((resolve) =>
      pulumi.output(machines[name]?.identity).apply((value) => resolve(value)),
    );
    expect(identity).toBe(`Instance/${name}-instance`);
    const { inputs } = made.find((resource) => resource.name === `${name}-packages`) ?? { inputs: {} };
    expect(inputs.triggers).toEqual([`Instance/${name}-instance`]);
  }
});

test("a transform changes every resource of its kind, and no other", async () => {
  await declare(ec2Config(), {
    instance: ({ name, args, opts }) => ({ name, args: { ...args, monitoring: true }, opts }),
  });
  expect(ofType("Instance").map(({ inputs }) => inputs.monitoring)).toEqual([true, true, true]);
  expect(made.filter(({ inputs }) => inputs.monitoring !== undefined)).toHaveLength(3);
});

test("everything that can have tags has a name, beside what the provider adds", async () => {
  await declare(ec2Config());
  const untagged = ["Route", "RouteTableAssociation", "SubnetCidrReservation", "RolePolicy"];
  for (const { type, name, inputs } of made.filter(({ type }) => type.startsWith("aws:")))
    if (!untagged.includes(type.split(":").at(-1) ?? ""))
      expect(inputs.tags).toEqual({ Name: `aws-${name}` });
});
