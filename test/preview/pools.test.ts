import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";
import { beforeAll, expect, test } from "vitest";
import { parseTopology } from "../../topology/parse.ts";
import { sshKeyPair } from "../harness/sshKeyPair.ts";
import { labWithPair } from "../unit/fixtures.ts";
import { pools } from "../unit/topology/poolFixtures.ts";
import { type Made, mockedEngine } from "./mockedEngine.ts";

let made: Made;
const password = "a-password";

/** Stdout of the commands on the lab and the hosts. */
function answer({ name }: MockResourceArgs): string {
  if (name.endsWith("-password")) return `${password} of ${name}`;
  if (name.endsWith("-ssh-key")) return privateKey;
  if (name.endsWith("-authority")) return pem("authority");
  if (name.includes("-certificate-")) return pem("server");
  const ssh = { host: "127.0.0.1", port: 2201, user: "admin", hostKey: "ssh-ed25519 AAAA" };
  return JSON.stringify({ name, address: "10.0.1.20", ssh });
}

/** A key and a certificate, as openssl prints them. */
function pem(owner: string): string {
  return ["PRIVATE KEY", "CERTIFICATE"]
    .map((label) => `-----BEGIN ${label}-----\n${label} of the ${owner}\n-----END ${label}-----\n`)
    .join("");
}

let privateKey: string;
let bundles: Readonly<Record<string, string>>;

beforeAll(async () => {
  privateKey = sshKeyPair("ed25519").private;
  made = await mockedEngine("lab", answer);
  const { machinesOf } = await import("../../components/machines/machines.ts");
  const { HaPair } = await import("../../components/HaPair.ts");
  const { passwordsOf } = await import("../../components/passwords.ts");
  const { certificatesOf } = await import("../../components/certificates.ts");
  const { RollOut } = await import("../../components/RollOut.ts");
  const topology = parseTopology(
    labWithPair({ pool: pools["two-machines"].pool, egress: undefined }, { lab: {} }),
  );
  const [pair] = topology.pairs;
  if (!pair) throw new Error("the lab has no pair");
  const { machines, deliverHosts } = await machinesOf(topology);
  const program = { path: import.meta.filename, sha256: "0".repeat(64) };
  const rollOut = new RollOut();
  const targetHosts = deliverHosts(program, rollOut);
  const given = { database: "one", probe: "two", stats: "three" };
  const passwords = passwordsOf(pair, given);
  const haPair = new HaPair(pair.name, {
    topology,
    pair,
    machines,
    program,
    passwords,
    certificates: certificatesOf(pair),
    targetHosts,
    rollOut,
  });
  rollOut.close();
  bundles = await new Promise((resolve) => haPair.bundles.apply(resolve));
  await pulumi.runtime.disconnect();
});

test("PostgreSQL's machine is delivered before the poolers that reach it over the network, and those before the nodes", () => {
  expect(made.position("db1-bundle")).toBeGreaterThan(0);
  expect(made.position("db1-bundle")).toBeLessThan(made.position("db2-bundle"));
  for (const node of ["haproxy1", "haproxy2"])
    expect(made.position("db2-bundle")).toBeLessThan(made.position(`${node}-bundle`));
  expect(Object.keys(bundles).sort()).toEqual(["db1", "db2", "haproxy1", "haproxy2"]);
});

test("the password of the poolers' role is made once, and no other where a person sets them", () => {
  const names = made.filter(({ name }) => name.endsWith("-password")).map(({ name }) => name);
  expect(names).toEqual(["pg-lookup-password"]);
});

test("the password of the poolers' role reaches the poolers on other hosts alone, and no preview", () => {
  const text = `${password} of pg-lookup-password`;
  const holders = made.filter(({ inputs }) => JSON.stringify(inputs).includes(text));
  expect(holders.map(({ name }) => name)).toEqual(["db2-check", "db2-bundle"]);
  for (const { inputs } of holders) {
    expect(pulumi.runtime.isRpcSecret(inputs.stdin)).toBe(true);
    expect(JSON.stringify(inputs.triggers)).not.toContain(text);
  }
});

test("PostgreSQL's key reaches its own machine alone, and the poolers on other hosts check its certificate", () => {
  const delivered = (text: string) =>
    made
      .filter(({ name, inputs }) => name.endsWith("-bundle") && JSON.stringify(inputs).includes(text))
      .map(({ name }) => name);
  expect(delivered("PRIVATE KEY of the server")).toEqual(["db1-bundle"]);
  expect(delivered("CERTIFICATE of the authority")).toEqual(["db2-bundle"]);
  expect(delivered("PRIVATE KEY of the authority")).toEqual([]);
});
