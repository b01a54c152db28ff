import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { setAllConfig } from "@pulumi/pulumi/runtime/config.js";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resourcesOf } from "../../cli/engine/hostResources.ts";
import { parseFacts } from "../../components/machines/hosts/facts.ts";
import type { StackOutputs } from "../../contract/stackOutputs.ts";
import { parseTopology } from "../../topology/parse.ts";
import { sshKeyPair } from "../harness/sshKeyPair.ts";
import { hostsConfig } from "../harness/testConfig.ts";
import { type Made, mockedEngine } from "./mockedEngine.ts";

/** The whole program on machines that exist already: what it declares on them, and in which order. */

const client = sshKeyPair("ed25519").private;
const hostKey = sshKeyPair("ed25519").public.trim();
const hosts = ["haproxy1", "haproxy2", "db1"];
let made: Made;
let folder: string;
let outputs: StackOutputs;

const facts = (name: string) =>
  [
    "distribution debian 13 Debian GNU/Linux 13 (trixie)",
    `machine id-of-${name} boot-of-${name}`,
    "root yes",
    `interface ens-${name}`,
    // The login of haproxy2 came from elsewhere when it was asked, for an earlier config.
    `login ${name === "haproxy2" ? "203.0.113.99" : "198.51.100.7"} 40000 203.0.113.30 ${name === "db1" ? 2222 : 22}`,
    "loginInterface eth9",
  ].join("\n");

const pem = (label: string) => `-----BEGIN ${label}-----\ntext\n-----END ${label}-----\n`;

function answer({ name }: MockResourceArgs): string {
  if (/-authority$|-certificate-/.test(name)) return pem("PRIVATE KEY") + pem("CERTIFICATE");
  return name.endsWith("-facts") ? facts(name.replace(/-facts$/, "")) : "a-password";
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hapair-hosts-"));
  const identityFile = join(folder, "key");
  writeFileSync(identityFile, client);
  made = await mockedEngine("hosts", answer, ({ name }) =>
    name === "haproxy2-facts"
      ? { triggers: [hostKey, "another command", ["203.0.113.0/24"], "", [], []] }
      : {},
  );
  const db1 = { hostKey, address: "203.0.113.30", port: 2222 };
  const config = {
    ...hostsConfig(),
    hosts: {
      identityFile,
      takeOver: ["haproxy", "ufw"],
      machines: { haproxy1: { hostKey }, haproxy2: { hostKey, user: "root" }, db1 },
      bastion: { host: "gate.example.com", hostKey },
    },
  };
  setAllConfig(
    Object.fromEntries(
      Object.entries(config).map(([name, value]) => [
        `hapair:${name}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  const { program } = await import("../../stacks/program.ts");
  const declared = await program();
  outputs = await new Promise((resolve) =>
    pulumi.output(declared).apply((value) => resolve(value as StackOutputs)),
  );
  await pulumi.runtime.disconnect();
});

afterAll(() => rmSync(folder, { recursive: true }));

test("no host is touched before every host has said what it is", () => {
  const last = Math.max(...hosts.map((host) => made.position(`${host}-facts`)));
  for (const host of hosts) {
    expect(made.position(`${host}-packages`)).toBeGreaterThan(last);
    expect(made.position(`${host}-program-copy`)).toBeGreaterThan(made.position(`${host}-packages`));
  }
});

test("a host is asked again where what its answer is judged against has changed", () => {
  const judgedAgainst = [["192.0.2.0/24", "198.51.100.7/32"], "", ["haproxy", "ufw"], []];
  for (const host of hosts) {
    const { create, triggers } = made.named(`${host}-facts`).inputs;
    expect(triggers).toEqual([hostKey, create, ...judgedAgainst]);
  }
});

test("an answer that was given for another config is not judged by this one, a current one is", async () => {
  const { checked } = await import("../../components/machines/hosts/askedMachines.ts");
  const topology = parseTopology(hostsConfig());
  const given = { name: "haproxy2", answer: parseFacts(facts("haproxy2")) };
  expect(() => checked(topology, [{ ...given, isCurrent: true }])).toThrow(
    /haproxy2: the login comes from 203\.0\.113\.99.*--replace/s,
  );
  expect(checked(topology, [{ ...given, isCurrent: false }])).toEqual({ haproxy2: given.answer });
});

test("a host can be given back before anything is delivered to it, and only its removal does it", () => {
  for (const host of hosts) {
    const { inputs } = made.named(`${host}-give-back`);
    expect(inputs.delete).toMatch(/ timeout .* exec \/usr\/local\/sbin\/hapair give-back/);
    expect([inputs.create, inputs.update, inputs.triggers]).toEqual([undefined, undefined, undefined]);
    expect(made.position(`${host}-give-back`)).toBeLessThan(made.position(`${host}-program-copy`));
  }
});

test("each host installs the packages of its role and no others", () => {
  const packages = (host: string) => made.named(`${host}-packages`).inputs.create;
  expect(packages("haproxy1")).toMatch(/ haproxy .* keepalived /);
  expect(packages("haproxy1")).not.toMatch(/pgbouncer|postgresql|microsocks/);
  expect(packages("db1")).toMatch(/ pgbouncer postgresql-17 /);
  expect(packages("db1")).not.toMatch(/ haproxy|keepalived/);
});

test("each host's files have its own interface, and keep its own login open", () => {
  const shown = (host: string) => made.named(`${host}-bundle`).inputs.triggers[0] as Record<string, string>;
  expect(shown("haproxy1")["etc/keepalived/keepalived.conf"]).toContain("interface ens-haproxy1\n");
  expect(shown("haproxy2")["etc/keepalived/keepalived.conf"]).toContain("interface ens-haproxy2\n");
  expect(shown("db1")["etc/ufw/user.rules"]).toContain(
    "-i eth9 -p tcp --dport 2222 -d 203.0.113.30 -s 198.51.100.7/32 -j ACCEPT",
  );
});

test("every connection pins the host's and the bastion's key, and is kept as a secret", () => {
  const remote = made.filter(({ type }) => type.startsWith("command:remote:"));
  for (const { inputs } of remote) {
    expect(pulumi.runtime.isRpcSecret(inputs.connection)).toBe(true);
    const { proxy, ...login } = pulumi.runtime.unwrapRpcSecret(inputs.connection);
    expect([login.hostKey, proxy.hostKey, proxy.host]).toEqual([hostKey, hostKey, "gate.example.com"]);
  }
  expect(outputs.ssh.db1).toMatchObject({ host: "203.0.113.30", port: 2222, user: "admin" });
  expect(outputs.ssh.haproxy2).toMatchObject({ host: "192.0.2.21", port: 22, user: "root" });
});

test("what may be taken over is named to the host's own check, which refuses all else", () => {
  for (const host of hosts)
    expect(made.named(`${host}-check`).inputs.create).toMatch(/ --take-over haproxy --take-over ufw$/);
});

test("every command on a host is one that a roll-out can leave out", () => {
  const onHosts = made.filter(({ type }) => type.startsWith("command:remote:")).map(({ name }) => name);
  const known = hosts.flatMap(resourcesOf);
  expect(onHosts.filter((name) => !known.includes(name))).toEqual([]);
  expect(onHosts.length).toBeGreaterThan(20);
});
