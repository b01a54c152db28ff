import * as pulumi from "@pulumi/pulumi";
import { setAllConfig } from "@pulumi/pulumi/runtime/config.js";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";
import { beforeAll, expect, test } from "vitest";
import type { StackOutputs } from "../../contract/stackOutputs.ts";
import { edgePair } from "../harness/edgePair.ts";
import { sshKeyPair } from "../harness/sshKeyPair.ts";
import { labWithPair } from "../unit/fixtures.ts";
import { mockedEngine } from "./mockedEngine.ts";

/** The whole program, on an engine that leaves the node haproxy1 as it was, as `pulumi up --target` does. */

const old = "0".repeat(64);
const key = sshKeyPair("ed25519").private.trimEnd();
const machine = JSON.stringify({
  name: "some",
  address: "10.0.1.20",
  ssh: { host: "127.0.0.1", port: 2201, user: "admin", hostKey: "ssh-ed25519 AAAA" },
});

function answer({ name }: MockResourceArgs): string {
  if (name.endsWith("-password")) return "a-password";
  if (name.endsWith("-ssh-key")) return key;
  if (/-routes-(?:token|admin)/.test(name)) return `text of ${name}`;
  if (!/-certificate|-authority$/.test(name)) return machine;
  const pem = (label: string) => `-----BEGIN ${label}-----\ntext\n-----END ${label}-----\n`;
  return pem("PRIVATE KEY") + pem("CERTIFICATE");
}

let outputs: StackOutputs;
let withoutValue: readonly string[];
const replacedWith = new Map<string, readonly string[]>();

beforeAll(async () => {
  await mockedEngine("lab", answer, ({ name }) =>
    name === "haproxy1-bundle" ? { triggers: [{}, old] } : {},
  );
  setAllConfig(
    Object.fromEntries(
      Object.entries(labWithPair(edgePair)).map(([name, value]) => [
        `hapair:${name}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  const { program } = await import("../../stacks/program.ts");
  const declared = await program();
  withoutValue = Object.entries(declared).flatMap(([key, value]) => (value === undefined ? [key] : []));
  outputs = await new Promise((resolve) =>
    pulumi.output(declared).apply((value) => resolve(value as StackOutputs)),
  );

  const { readStack } = await import("../../stacks/config.ts");
  const { labOf } = await import("../../cli/targets/lab/target.ts");
  const { LabMachines } = await import("../../components/machines/lab/LabMachines.ts");
  const { topology } = readStack();
  const args = { target: labOf(topology, "this test"), topology, packages: [] };
  const seen: pulumi.ResourceTransformation = ({ name, opts }) => {
    const { replaceWith = [] } = opts as pulumi.CustomResourceOptions;
    replacedWith.set(
      name,
      replaceWith.map((resource) => (resource as { __name?: string }).__name ?? ""),
    );
    return undefined;
  };
  new LabMachines("hapair", args, { transformations: [seen] });
  await pulumi.runtime.disconnect();
});

test("the bundles among the outputs are those that were delivered, also where a host was left out", () => {
  expect(outputs.pairs.pg?.bundles.haproxy1).toBe(old);
  expect(outputs.pairs.pg?.bundles.haproxy2).toMatch(/^[0-9a-f]{64}$/);
  expect(outputs.pairs.pg?.bundles.haproxy2).not.toBe(old);
});

test("each output has a value, also where the pair has no port for sessions: the engine would warn of one without", () => {
  expect(withoutValue).toEqual([]);
  expect(outputs).not.toHaveProperty("sessionUrl");
});

test("the private key of each host is a file as OpenSSH reads it", () => {
  const keys = Object.values(outputs.ssh).map(({ privateKey }) => privateKey);
  expect(keys).toHaveLength(4);
  for (const text of keys) expect(text).toBe(`${key}\n`);
});

test("a network that is replaced has its machines replaced too", () => {
  for (const name of ["haproxy1", "haproxy2", "db1", "internet"])
    expect(replacedWith.get(`hapair-${name}`)).toEqual(["hapair-network"]);
});

test("the outputs have what a client of the edge and of the routes needs, also in a lab", () => {
  const { edgeUrl, edgeAuthority, routesUrl, routesAuthority, routeTokens, reach } = outputs.pairs.pg ?? {};
  expect([edgeUrl, routesUrl]).toEqual(["https://10.0.1.100:8443", "https://10.0.1.100:8407"]);
  expect(edgeAuthority).toContain("BEGIN CERTIFICATE");
  expect(routesAuthority).toBe(edgeAuthority);
  expect(routeTokens).toEqual({
    operator: "text of pg-routes-token-operator",
    deployer: "text of pg-routes-token-deployer",
  });
  expect(outputs.pairs.pg?.routesAdminKey).toBe("text of pg-routes-admin-key");
  expect(reach?.edge).toEqual({ http: "http://127.0.0.1:18080", https: "https://127.0.0.1:18443" });
  expect(reach?.routesUrl).toBe("https://127.0.0.1:18407");
});
