import * as pulumi from "@pulumi/pulumi";
import { setAllConfig } from "@pulumi/pulumi/runtime/config.js";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime/index.js";
import { execa } from "execa";
import { beforeAll, expect, test, vi } from "vitest";
import { resourcesOf } from "../../cli/engine/hostResources.ts";
import { root } from "../../cli/session/home.ts";
import type { StackOutputs } from "../../contract/stackOutputs.ts";
import { vagrantConfig } from "../harness/testConfig.ts";
import { type Made, mockedEngine } from "./mockedEngine.ts";

/** The whole program on virtual machines of Vagrant: what it declares, in which order, and what the engine keeps. */

const hosts = ["db1", "haproxy2", "haproxy1"];
const addresses: Readonly<Record<string, string>> = {
  haproxy1: "192.168.1.10",
  haproxy2: "192.168.1.11",
  db1: "192.168.1.12",
};
let made: Made;
let outputs: StackOutputs;
const options = new Map<string, pulumi.CustomResourceOptions>();

const pem = (label: string) => `-----BEGIN ${label}-----\ntext\n-----END ${label}-----\n`;

function answer({ name }: MockResourceArgs): string {
  const host = name.replace(/-(machine|facts)$/, "");
  if (/-authority$|-certificate-/.test(name)) return pem("PRIVATE KEY") + pem("CERTIFICATE");
  if (name.endsWith("-machine"))
    return JSON.stringify({
      host: addresses[host],
      port: 22,
      user: "vagrant",
      privateKey: `key of ${host}`,
      hostKey: `ssh-ed25519 ${host}`,
    });
  if (name.endsWith("-facts"))
    return [
      "distribution debian 13 Debian GNU/Linux 13 (trixie)",
      `machine one-id boot-of-${host}`,
      "root yes",
      "interface enp0s8",
      "networkFile 50-vagrant-enp0s8.network",
      `login 192.168.1.5 40000 ${addresses[host]} 22`,
      "loginInterface enp0s8",
    ].join("\n");
  return "a-password";
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
      Object.entries(vagrantConfig()).map(([name, value]) => [
        `hapair:${name}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );
  const { program } = await import("../../stacks/program.ts");
  const { VagrantMachines } = await import("../../components/machines/vagrant/VagrantMachines.ts");
  const declared = await program();
  outputs = await new Promise((resolve) =>
    pulumi.output(declared).apply((value) => resolve(value as StackOutputs)),
  );
  const { readStack } = await import("../../stacks/config.ts");
  const { topology } = readStack();
  const { target } = topology;
  if (target.kind !== "vagrant") throw new Error("another target");
  // Mocks see no options.
  const seen: pulumi.ResourceTransformation = ({ name, opts }) => {
    options.set(name, opts as pulumi.CustomResourceOptions);
    return undefined;
  };
  new VagrantMachines("again", { target, topology }, { transformations: [seen] });
  await pulumi.runtime.disconnect();
});

test("machines are made one after another, the first node last, and asked once all are there", () => {
  const positions = hosts.map((host) => made.position(`${host}-machine`));
  expect(positions).toEqual(positions.toSorted((one, other) => one - other));
  for (const host of hosts) {
    expect(made.position(`${host}-facts`)).toBeGreaterThan(Math.max(...positions));
    expect(made.position(`${host}-program-copy`)).toBeGreaterThan(made.position(`${host}-packages`));
  }
});

test("each machine's command has the machine's own part alone, and no secret", () => {
  for (const host of hosts) {
    const { create, update, delete: remove, environment, triggers } = made.named(`${host}-machine`).inputs;
    expect(create).toMatch(new RegExp(`/vagrant/main\\.ts'? up ${host}$`));
    expect(remove).toMatch(new RegExp(`/vagrant/main\\.ts'? down ${host}$`));
    // A changed part runs `up` again: what is replaced would lose its disk.
    expect([update, triggers]).toEqual([undefined, undefined]);
    expect(environment.HAPAIR_STACK).toBe("vagrant");
    expect(environment.HAPAIR_TOKEN).toBe(`token of ${host}`);
    expect(environment.HAPAIR_START).toBe(`start of ${host}, true`);
    expect(JSON.parse(environment.HAPAIR_MACHINE)).toEqual({
      provider: "virtualbox",
      user: "vagrant",
      box: { name: "bento/debian-13", version: "202510.26.0" },
      bridge: "br0",
      name: host,
      address: addresses[host],
      netmask: "255.255.255.0",
      memoryMb: 1024,
      cpus: 1,
    });
  }
});

test("hosts are logged in to at their addresses, with Vagrant's key of the machine as a secret", () => {
  for (const host of hosts) {
    expect(options.get(`${host}-machine`)?.additionalSecretOutputs).toEqual(["stdout"]);
    const { connection } = made.named(`${host}-facts`).inputs;
    expect(pulumi.runtime.isRpcSecret(connection)).toBe(true);
    expect(outputs.ssh[host]).toEqual({
      host: addresses[host],
      port: 22,
      user: "vagrant",
      privateKey: `key of ${host}\n`,
      hostKey: `ssh-ed25519 ${host}`,
      dialErrorLimit: 8,
      perDialTimeout: 10,
    });
  }
});

test("a new machine gets its bundle anew, with the address that survives a restart of networkd", () => {
  for (const host of hosts) {
    const { triggers } = made.named(`${host}-bundle`).inputs;
    expect(triggers[2]).toBe(`token of ${host}`);
    expect(Object.keys(triggers[0])).toContain("etc/systemd/network/50-vagrant-enp0s8.network.d/hapair.conf");
  }
});

test("leaving a host out names every resource of it", () => {
  for (const host of hosts) {
    const own = made.filter(({ name, type }) => name.startsWith(`${host}-`) && type.startsWith("command:"));
    const names = new Set(own.map(({ name }) => name));
    expect(
      [...names].filter((name) => !resourcesOf(host).includes(name) && !/-password$/.test(name)),
    ).toEqual([]);
  }
});

test("a preview in CI needs neither Vagrant nor a provider", async () => {
  const { stdout } = await execa(process.execPath, ["cli/compare/declareProgram.ts", "vagrant"], {
    cwd: root,
    env: { PATH: "/nowhere" },
  });
  for (const host of hosts) expect(stdout).toContain(`command:local:Command ${host}-machine`);
});
