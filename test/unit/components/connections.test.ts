import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { connectionsOf } from "../../../components/machines/hosts/connections.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { ConfigError } from "../../../topology/problem.ts";
import { sshKeyPair } from "../../harness/sshKeyPair.ts";
import { hostsConfig } from "../../harness/testConfig.ts";

const client = sshKeyPair("ed25519").private;
const keyOf = Object.fromEntries(
  ["haproxy1", "haproxy2", "db1"].map((name) => [name, sshKeyPair("ed25519").public.trim()]),
);
const ecdsa = sshKeyPair("ecdsa").public.trim();
let folder: string;
const file = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hapair-connections-"));
  writeFileSync(file("key"), client);
  writeFileSync(
    file("known"),
    [
      `192.0.2.20 ${ecdsa}`,
      `192.0.2.20 ${keyOf.haproxy1}`,
      `192.0.2.21 ${keyOf.haproxy2}`,
      `[203.0.113.30]:2222 ${keyOf.db1}`,
    ].join("\n"),
  );
  execFileSync("ssh-keygen", ["-H", "-f", file("known")], { stdio: "ignore" });
});
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => vi.stubEnv("SSH_AUTH_SOCK", undefined));
afterEach(() => vi.unstubAllEnvs());

function connections(hosts: Record<string, unknown>) {
  const topology = parseTopology({ ...hostsConfig(), hosts });
  if (topology.target.kind !== "hosts") throw new Error("the example's target is hosts");
  return connectionsOf(topology.target, hostsOf(topology));
}

function problems(hosts: Record<string, unknown>): readonly string[] {
  try {
    connections(hosts);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const example = () => ({
  identityFile: file("key"),
  knownHosts: file("known"),
  machines: { db1: { address: "203.0.113.30", port: 2222, user: "root" } },
});

test("host keys come from a file of known hosts with hashed names, where the config has none", () => {
  const found = connections(example());
  expect(found.haproxy1).toEqual({
    ...{ host: "192.0.2.20", port: 22, user: "admin", privateKey: client },
    hostKey: keyOf.haproxy1,
  });
  expect(found.haproxy2?.hostKey).toBe(keyOf.haproxy2);
  expect(found.db1).toMatchObject({ host: "203.0.113.30", port: 2222, user: "root", hostKey: keyOf.db1 });
  const given = connections({
    ...example(),
    machines: { ...example().machines, haproxy1: { hostKey: ecdsa } },
  });
  expect(given.haproxy1?.hostKey).toBe(ecdsa);
});

test("every missing key and file is told at once, by its path in the config", () => {
  const told = problems({
    ...example(),
    identityFile: file("none"),
    machines: {},
    bastion: { host: "gate" },
  });
  expect(told).toEqual([
    expect.stringMatching(/^hosts\.identityFile: .*none cannot be read/),
    expect.stringMatching(/^hosts\.bastion\.hostKey: is missing, and .* has no key of gate either/),
    expect.stringMatching(
      /^hosts\.machines\.db1\.hostKey: is missing, and .* has no key of 192\.0\.2\.30 either/,
    ),
  ]);
});

test("a key with a passphrase, a public key and no key at all each say what to do", () => {
  execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "secret", "-f", file("locked")]);
  expect(problems({ ...example(), identityFile: file("locked") })).toEqual([
    expect.stringMatching(/locked has a passphrase: .* ssh-add$/),
  ]);
  expect(problems({ ...example(), identityFile: file("known") })).toEqual([
    expect.stringMatching(/known is no private key/),
  ]);
  expect(problems({ ...example(), identityFile: file("locked.pub") })).toEqual([
    expect.stringMatching(/locked\.pub is a public key: name the file without \.pub$/),
  ]);
  const { identityFile: _, ...withoutFile } = example();
  expect(problems(withoutFile)).toEqual([
    expect.stringMatching(/^hosts\.identityFile: is not set, and no SSH agent runs here/),
  ]);
});

test("with an agent no private key is read, and none reaches the stack's state", () => {
  vi.stubEnv("SSH_AUTH_SOCK", file("agent"));
  const { identityFile: _, ...withoutFile } = example();
  for (const connection of Object.values(connections(withoutFile)))
    expect(Object.keys(connection).sort()).toEqual(["host", "hostKey", "port", "user"]);
});

test("each host is reached through the bastion, whose login is the hosts' unless it has its own", () => {
  const bastion = { host: "gate.example.com", port: 2200, hostKey: ecdsa };
  expect(connections({ ...example(), bastion }).db1?.proxy).toEqual({
    ...{ host: "gate.example.com", port: 2200, user: "admin", hostKey: ecdsa, privateKey: client },
  });
  const own = connections({ ...example(), bastion: { ...bastion, user: "jump" } });
  expect(own.haproxy1?.proxy?.user).toBe("jump");
});
