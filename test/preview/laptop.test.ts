import * as pulumi from "@pulumi/pulumi";
import { setAllConfig } from "@pulumi/pulumi/runtime/config.js";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";
import { beforeAll, expect, test, vi } from "vitest";
import { hostChangeOf, hostOfDelivery } from "../../cli/engine/hostChange.ts";
import { waysTo } from "../../cli/hosts/ways.ts";
import type { StackOutputs } from "../../contract/stackOutputs.ts";
import { sshKeyPair } from "../harness/sshKeyPair.ts";
import { laptopConfig } from "../unit/laptop/laptopFixtures.ts";
import { type Made, mockedEngine } from "./mockedEngine.ts";

/** The whole program with the pool on the laptop: what it declares beside the virtual machines, and in which order. */

const nodes = ["haproxy1", "haproxy2"];
let made: Made;
let outputs: StackOutputs;

const pem = (label: string) => `-----BEGIN ${label}-----\n${label}\n-----END ${label}-----\n`;

function answer({ name }: MockResourceArgs): string {
  if (/-authority$|-certificate-/.test(name)) return pem("PRIVATE KEY") + pem("CERTIFICATE");
  if (name.endsWith("-machine")) {
    const { private: privateKey, public: publicKey } = sshKeyPair("ed25519");
    const place = { host: "192.168.1.10", port: 22, user: "vagrant" };
    return JSON.stringify({ ...place, privateKey, hostKey: publicKey.trim() });
  }
  if (!name.endsWith("-facts")) return "a-password";
  return [
    "distribution debian 13 Debian GNU/Linux 13 (trixie)",
    `machine id-of-${name} boot-of-${name}`,
    "root yes",
    "interface enp0s8",
    "networkFile 50-vagrant-enp0s8.network",
  ].join("\n");
}

/** Vagrant was told its bridge. */
vi.mock("../../components/machines/vagrant/thisMachine.ts", () => ({
  isElsewhere: () => false,
  tokenOf: (machine: string) => `token of ${machine}`,
  startOf: (machine: string, _provider: string, runs: boolean) => `start of ${machine}, ${runs}`,
  isPrepared: () => true,
  chosenBridge: () => "br0",
}));

beforeAll(async () => {
  made = await mockedEngine("vagrant", answer);
  setAllConfig(
    Object.fromEntries(
      Object.entries(laptopConfig()).map(([name, value]) => [
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

test("the laptop's pool is live before the nodes send clients there, and no machine is made for it", () => {
  for (const node of nodes) {
    expect(made.position("laptop-bundle")).toBeLessThan(made.position(`${node}-bundle`));
    // A bundle that one of them refuses changes none.
    expect(made.position("laptop-check")).toBeLessThan(made.position(`${node}-bundle`));
    expect(made.position(`${node}-check`)).toBeLessThan(made.position("laptop-bundle"));
  }
  const machines = made.filter(({ name }) => name.endsWith("-machine")).map(({ name }) => name);
  expect(machines.sort()).toEqual(nodes.map((node) => `${node}-machine`));
  expect(made.filter(({ name }) => name.startsWith("laptop")).map(({ name }) => name)).toEqual([
    "laptop",
    "laptop-check",
    "laptop-bundle",
  ]);
});

test("its removal takes it down, and a change applies its bundle again without that", () => {
  const { inputs } = made.named("laptop");
  expect(inputs.create).toBeUndefined();
  expect(inputs.triggers).toBeUndefined();
  expect(inputs.delete).toMatch(/laptop\/main\.ts down --stack vagrant$/);
  for (const name of ["laptop-check", "laptop-bundle"])
    expect(made.named(name).inputs.delete).toBeUndefined();
});

test("its secrets travel by standard input as secrets, and no preview shows them", () => {
  for (const name of ["laptop-check", "laptop-bundle"]) {
    const { stdin, ...rest } = made.named(name).inputs;
    expect(pulumi.runtime.isRpcSecret(stdin)).toBe(true);
    expect(JSON.stringify(stdin)).toContain("BEGIN PRIVATE KEY");
    expect(JSON.stringify(rest)).not.toMatch(/a-password|BEGIN PRIVATE KEY/);
  }
});

test("a preview shows its files one by one, as those of a host", () => {
  const urn = "urn:pulumi:vagrant::hapair::command:local:Command::laptop-bundle";
  expect(hostOfDelivery(urn)).toBe("laptop");
  const { inputs } = made.named("laptop-bundle");
  const step = { urn, op: "create" as const, new: { inputs } };
  const change = hostChangeOf(step as unknown as Parameters<typeof hostChangeOf>[0]);
  const paths = change?.files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      "compose.yaml",
      "etc/hapair/roles.sql",
      ...[6432, 6433, 6434].map((port) => `etc/pgbouncer/${port}.ini`),
      "etc/postgresql/17/main/pg_hba.conf",
    ]),
  );
});

test("the stack's outputs name its bundle, by which the commands ask for it on this machine", () => {
  expect(Object.keys(outputs.pairs.pg?.bundles ?? {}).sort()).toEqual(["haproxy1", "haproxy2", "laptop"]);
  expect(Object.keys(outputs.ssh).sort()).toEqual(nodes);
  expect(waysTo(outputs).laptop).toBe("here");
  expect(outputs.pairs.pg?.databaseUrl).toContain("@192.168.1.100:5432/postgres");
});
