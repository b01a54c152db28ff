import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";
import { beforeAll, expect, test } from "vitest";
import { hostPackages } from "../../render/roles/roles.ts";
import { parseTopology } from "../../topology/parse.ts";
import { sshKeyPair } from "../harness/sshKeyPair.ts";
import { labWithEgress } from "../unit/fixtures.ts";
import { type Made, mockedEngine } from "./mockedEngine.ts";

let made: Made;
const password = "a-password";
const pem = (label: string, text: string) => `-----BEGIN ${label}-----\n${text}\n-----END ${label}-----\n`;
const wireproxies = { wg3: { haproxy1: "key of wg3 on one", haproxy2: "key of wg3 on two" } };
const certificate = pem("CERTIFICATE", "certificateofthelab");

/** Stdout of the commands on the lab and the hosts. */
function answer(args: MockResourceArgs): string {
  if (args.name.endsWith("-password")) return password;
  if (args.name.endsWith("-ssh-key")) return privateKey;
  if (args.name.endsWith("-certificate")) return `${pem("PRIVATE KEY", "keyofthelab")}${certificate}`;
  const machine = {
    name: args.name,
    address: "10.0.1.20",
    ssh: { host: "127.0.0.1", port: 2201, user: "admin", hostKey: "ssh-ed25519 AAAA" },
  };
  return JSON.stringify(machine);
}

let privateKey: string;
let databaseUrl: string;
let sessionUrl: string;

beforeAll(async () => {
  privateKey = sshKeyPair("ed25519").private;
  made = await mockedEngine("lab", answer);
  const { machinesOf } = await import("../../components/machines/machines.ts");
  const { HaPair } = await import("../../components/HaPair.ts");
  const { passwordsOf } = await import("../../components/passwords.ts");
  const wg3 = { name: "wg3", address: "127.0.0.1", port: 18183, wireproxy: true };
  const config = labWithEgress({ servers: [{ name: "wg1", address: "10.0.1.41", port: 18181 }, wg3] });
  const [own] = config.pairs as [object];
  const pool = { machines: [{ name: "db1", address: "10.0.1.30" }], session: { port: 5433 } };
  const topology = parseTopology({ ...config, pairs: [{ ...own, pool }] });
  const [pair] = topology.pairs;
  if (!pair) throw new Error("the lab has no pair");
  const { machines, deliverHosts } = await machinesOf(topology);
  const program = { path: import.meta.filename, sha256: "0".repeat(64) };
  const passwords = passwordsOf(pair, undefined);
  const { RollOut } = await import("../../components/RollOut.ts");
  const rollOut = new RollOut();
  const targetHosts = deliverHosts(program, rollOut);
  const given = { passwords, wireproxies, certificates: {} };
  const haPair = new HaPair(pair.name, { topology, pair, machines, program, ...given, targetHosts, rollOut });
  rollOut.close();
  databaseUrl = await new Promise((resolve) => haPair.databaseUrl?.apply(resolve));
  sessionUrl = await new Promise((resolve) => haPair.sessionUrl?.apply(resolve));
  await pulumi.runtime.disconnect();
});

test("every host checks its bundle before the first host applies one", () => {
  const hosts = ["internet", "db1", "haproxy1", "haproxy2"];
  const last = Math.max(...hosts.map((host) => made.position(`${host}-check`)));
  for (const host of hosts) {
    expect(made.position(`${host}-bundle`)).toBeGreaterThan(last);
    expect(made.named(`${host}-check`).inputs.create).toMatch(/ hapair stage - --sha256 [0-9a-f]+$/);
  }
});

test("the pool's host is delivered before the nodes that use it", () => {
  expect(made.position("db1-bundle")).toBeLessThan(made.position("haproxy1-bundle"));
  expect(made.position("db1-bundle")).toBeLessThan(made.position("haproxy2-bundle"));
});

test("the lab's internet is delivered before the nodes, whose checks use it", () => {
  expect(made.position("internet-bundle")).toBeLessThan(made.position("haproxy1-bundle"));
  expect(made.position("internet-bundle")).toBeLessThan(made.position("haproxy2-bundle"));
});

test("the lab's internet gets key and certificate, the nodes only the certificate, and previews show neither", () => {
  const bundle = (host: string) => JSON.stringify(made.named(`${host}-bundle`).inputs.stdin);
  const shown = (host: string) => JSON.stringify(made.named(`${host}-bundle`).inputs.triggers);
  expect(bundle("internet")).toContain("keyofthelab");
  expect(bundle("internet")).not.toContain(password);
  for (const host of ["haproxy1", "haproxy2"]) {
    expect(bundle(host)).toContain("certificateofthelab");
    expect(bundle(host)).not.toContain("keyofthelab");
  }
  for (const host of ["internet", "haproxy1", "haproxy2"]) expect(shown(host)).not.toContain("ofthelab");
});

test("each node gets its own wireproxy config as a secret, which no preview and no other host has", () => {
  for (const [host, text] of Object.entries(wireproxies.wg3)) {
    const holders = made.filter((resource) => JSON.stringify(resource.inputs).includes(text));
    expect(holders.map(({ name }) => name)).toEqual([`${host}-check`, `${host}-bundle`]);
    for (const { inputs } of holders) {
      expect(pulumi.runtime.isRpcSecret(inputs.stdin)).toBe(true);
      expect(JSON.stringify(inputs.triggers)).not.toContain(text);
    }
  }
});

test("the certificate is for the internet's address, which is in the resource's name", () => {
  expect(made.named("internet-10.0.1.40-certificate").inputs.create).toContain("subjectAltName=IP:10.0.1.40");
});

test("no node's second pass begins before the first pass of every node", () => {
  const first = Math.min(made.position("haproxy1-apply"), made.position("haproxy2-apply"));
  expect(made.position("haproxy1-bundle")).toBeLessThan(first);
  expect(made.position("haproxy2-bundle")).toBeLessThan(first);
});

test("a node that is new to a running pair joins after every other node has its bundle", () => {
  for (const node of ["haproxy1", "haproxy2"]) {
    expect(made.position(`${node}-join`)).toBeGreaterThan(made.position("haproxy1-apply"));
    expect(made.position(`${node}-join`)).toBeGreaterThan(made.position("haproxy2-apply"));
    expect(made.named(`${node}-bundle`).inputs.create).toContain("--unless-new");
    expect(made.named(`${node}-apply`).inputs.create).toContain("--unless-new");
    expect(made.named(`${node}-join`).inputs.create).not.toContain("--unless");
  }
});

test("only the first pass skips the holder", () => {
  expect(made.named("haproxy1-bundle").inputs.create).toContain("--unless-holder");
  expect(made.named("haproxy1-apply").inputs.create).not.toContain("--unless-holder");
  expect(made.named("db1-bundle").inputs.create).not.toContain("--unless-holder");
});

test("a bundle that is sent again, as after a failed roll-out, is applied again", () => {
  for (const node of ["haproxy1", "haproxy2"]) {
    const sent = made.named(`${node}-bundle`);
    const [, sha256] = sent.inputs.triggers;
    expect(sent.inputs.create).toContain(`--sha256 ${sha256} `);
    expect(made.named(`${node}-apply`).inputs.triggers).toEqual([`${node}-bundle-id`]);
  }
});

test("a machine follows its network and packages in place and is never replaced, as its disk has its data", () => {
  for (const machine of ["haproxy1", "haproxy2", "db1", "internet"]) {
    const { environment, triggers } = made.named(`hapair-${machine}`).inputs;
    const network = { cidr: "10.0.1.0/24", packages: hostPackages };
    expect(environment).toEqual({ LAB_NETWORK: JSON.stringify(network) });
    expect(triggers).toBeUndefined();
  }
});

test("every command on a host has a deadline, and every connection pins the host's key", () => {
  const remote = made.filter(({ type }) => type.startsWith("command:remote:"));
  expect(remote.length).toBeGreaterThan(0);
  for (const { inputs } of remote) expect(JSON.stringify(inputs.connection)).toContain("ssh-ed25519 AAAA");
  const commands = remote.filter(({ type }) => type === "command:remote:Command");
  expect(commands.length).toBeGreaterThan(0);
  for (const { inputs } of commands) {
    expect(inputs.create).toMatch(/^sudo timeout --preserve-status --kill-after=\d+ \d+ (hapair|sh) /);
    expect([inputs.update, inputs.delete]).toEqual([undefined, undefined]);
  }
});

test("no command line has a password or key", () => {
  for (const { inputs } of made) {
    const lines = [inputs.create, inputs.update, inputs.delete, inputs.environment].map(
      (line) => JSON.stringify(line) ?? "",
    );
    for (const line of lines) {
      expect(line).not.toContain(password);
      expect(line).not.toContain("PRIVATE KEY");
      expect(line).not.toContain("keyofthelab");
    }
  }
});

test("a preview's diff shows the files with their secrets masked", () => {
  const [shown] = made.named("haproxy1-bundle").inputs.triggers;
  expect(shown["etc/haproxy/haproxy.cfg"]).toContain("insecure-password '[secret]'");
  expect(JSON.stringify(shown)).not.toContain(password);
});

test("the application's URLs have the virtual address, with the port for sessions in one of them", () => {
  expect(sessionUrl).toBe(`postgresql://app:${password}@10.0.1.100:5433/postgres`);
  expect(databaseUrl).toBe(`postgresql://app:${password}@10.0.1.100:5432/postgres`);
});
