import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { plainConfig } from "../../cli/config/stackConfig.ts";
import { root } from "../../cli/session/home.ts";
import { type Bed, openBed } from "./bed/bed.ts";
import { startLibvirt } from "./bed/libvirt.ts";
import { writeStack } from "./bed/project.ts";
import { definitionOf, register, writeRegistry } from "./bed/virtualbox/store.ts";
import { callsIn } from "./calls.ts";
import { playAdapters, vagrantView } from "./view/vagrantView.ts";

/** What Vagrant makes of a config, and what it is refused for; nothing boots. */

let opened: Bed | undefined;
const bed = (): Bed => {
  if (opened === undefined) throw new Error("the bed is not there");
  return opened;
};
beforeAll(async () => {
  opened = await openBed("vagrant-view");
});
afterAll(() => opened?.close());

type Section = Readonly<Record<string, unknown>>;
const shipped = (): Record<string, unknown> => plainConfig(join(root, "test/harness/vagrant.yaml"));
const configure = (vagrant: Section = {}, change: Section = {}) => {
  const config = shipped();
  writeStack(bed().project, "vagrant", {
    ...config,
    vagrant: { ...Object(config.vagrant), ...vagrant },
    ...change,
  });
};
const brokenConfig = () => writeFileSync(stackFile(), "config: [\n");
const stackFile = () => join(bed().project, "stacks/Pulumi.vagrant.yaml");
const machinesFile = () => join(bed().project, "vagrant/machines.json");

const home = { name: "br0", address: "192.168.1.5", netmask: "255.255.255.0", status: "Up" } as const;
const office = { name: "enp9s0", address: "10.9.0.5", netmask: "255.255.255.0", status: "Up" } as const;

beforeEach(() => {
  configure();
  playAdapters(bed(), [home]);
});

const inFolder = () => ({ folder: join(bed().project, "vagrant") });
/** Lets VirtualBox and Vagrant have a machine that is off. @returns its UUID and VirtualBox's own file of it */
function haveMachine(name: string): { readonly uuid: string; readonly definition: string } {
  const registry = { folder: bed().vbox, machines: [] };
  const machine = register(registry, name, bed().vbox);
  const { uuid } = machine;
  writeRegistry(registry);
  const data = join(bed().project, "vagrant/.vagrant/machines", name, "virtualbox");
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, "id"), uuid);
  return { uuid, definition: definitionOf(machine) };
}

/** Runs Vagrant, which is expected to fail. @returns what it printed */
async function refused(...args: readonly string[]): Promise<string> {
  const calls = join(bed().vbox, "calls");
  rmSync(calls, { force: true });
  const { exitCode, output } = await bed().start(["vagrant", ...args], inFolder()).ended;
  expect(exitCode, output).not.toBe(0);
  const verbs = existsSync(calls) ? callsIn(bed().vbox).map(([verb]) => verb) : [];
  // Nothing is made, and nothing is changed.
  expect(verbs.filter((verb) => !["list", "--version"].includes(verb ?? ""))).toEqual([]);
  return output;
}

const golden = (name: string) => join(import.meta.dirname, `view/golden/${name}.txt`);
async function rendered(): Promise<string> {
  await bed().run(["npm", "run", "--silent", "vagrant"]);
  return vagrantView(bed());
}

describe("Vagrant's own view", () => {
  test("of the shipped config: three machines on the network, with a pinned box", async () => {
    await expect(await rendered()).toMatchFileSnapshot(golden("shipped"));
  });

  test("of another network, an adapter of macOS by its beginning, and machines of different sizes", async () => {
    playAdapters(bed(), [home, { ...office, name: "en0: Wi-Fi (AirPort)", status: "Unknown" }]);
    configure(
      {
        bridge: ["wlp8s0", "en0*"],
        memoryMb: 512,
        cpus: 2,
        machines: { db1: { memoryMb: 2048 } },
        box: { name: "example/trixie", version: "13.1.0", architecture: "arm64" },
        laptop: "10.9.0.5",
      },
      {
        network: { cidr: "10.9.0.0/24" },
        pairs: [
          {
            name: "pg",
            vip: { address: "10.9.0.100" },
            nodes: [
              { name: "haproxy1", address: "10.9.0.10" },
              { name: "haproxy2", address: "10.9.0.11" },
            ],
            pool: { machines: [{ name: "db1", address: "10.9.0.12" }] },
          },
        ],
      },
    );
    await expect(await rendered()).toMatchFileSnapshot(golden("changed"));
  });
});

describe("vagrant up stops before it makes anything, with the remedy", () => {
  test("where no adapter has the config's name, although one adapter is left", async () => {
    configure({ bridge: "wlp8s0" });
    const text = await refused("up");
    expect(text).toMatch(/vagrant\.bridge: no adapter .* fits wlp8s0: there is br0 \(192\.168\.1\.0\/24\)/);
  });

  test("where no adapter has the config's name, and there are several: it lists them and asks nobody", async () => {
    playAdapters(bed(), [office, home]);
    configure({ bridge: "wlp8s0" });
    const text = await refused("up");
    expect(text).toContain("there is enp9s0 (10.9.0.0/24), br0 (192.168.1.0/24)");
    expect(text).not.toContain("Which interface should the network bridge to?");
  });

  test("where the addresses are of another network than the adapter's", async () => {
    playAdapters(bed(), [{ ...office, name: "br0" }]);
    expect(await refused("up")).toMatch(
      /network\.cidr: is 192\.168\.1\.0\/24, and the adapter br0 is on 10\.9\.0\.0\/24/,
    );
  });

  test("where the clone has no packages: it names the one command", async () => {
    const packages = join(bed().project, "node_modules");
    renameSync(packages, `${packages}.away`);
    try {
      expect(await refused("up")).toMatch(/npm ci/);
    } finally {
      renameSync(`${packages}.away`, packages);
    }
  });

  test("where another provider is asked for than the config's", async () => {
    expect(await refused("up", "--provider", "libvirt")).toContain("set vagrant.provider to libvirt");
  });

  test("where VirtualBox is newer than this Vagrant knows", async () => {
    const version = join(bed().vbox, "version");
    writeFileSync(version, "7.2.0r170228\n");
    try {
      expect(await refused("up")).toMatch(/VirtualBox 7\.2.* Vagrant/);
    } finally {
      rmSync(version);
    }
  });

  test("where the box's catalogue does not have the config's version", async () => {
    configure({ box: { version: "9.9.9" } });
    const catalogue = bed().start([process.execPath, join(import.meta.dirname, "view/catalogueProgram.ts")]);
    try {
      await expect.poll(() => catalogue.output(), { timeout: 30_000 }).toMatch(/^http:/);
      const env = { VAGRANT_SERVER_URL: catalogue.output().trim() };
      const { exitCode, output } = await bed().start(["vagrant", "up"], { ...inFolder(), env }).ended;
      expect(exitCode).not.toBe(0);
      expect(output).toContain("Available versions: 202510.26.0");
      expect(output.trim().split("\n").at(-1)).toBe(
        "haproxy1: vagrant.box.version in the stack's config has to be one of those that the catalogue lists.",
      );
    } finally {
      catalogue.signal("SIGKILL");
    }
  }, 60_000);

  test("where the config is broken", async () => {
    brokenConfig();
    expect(await refused("up")).toContain("Pulumi.vagrant.yaml");
  });
});

describe("a config that has changed", () => {
  const memory = () => JSON.parse(readFileSync(machinesFile(), "utf8")).machines[0].memoryMb;

  test("is what the next command that changes machines takes, and no other", async () => {
    await bed().run(["vagrant", "validate"], inFolder());
    configure({ memoryMb: 1536 });
    await bed().run(["vagrant", "status"], inFolder());
    expect(memory()).toBe(1024);
    await bed().run(["vagrant", "validate"], inFolder());
    expect(memory()).toBe(1536);
  });

  test.each(["status", "halt", "destroy --force"])(
    "does not keep anybody from vagrant %s, even broken",
    async (verb) => {
      await bed().run(["vagrant", "validate"], inFolder());
      brokenConfig();
      await bed().run(["vagrant", ...verb.split(" ")], inFolder());
    },
  );

  test("nor does a machines.json of another clone, which has other machines and another provider", async () => {
    await bed().run(["vagrant", "validate"], inFolder());
    const [machine, ...rest] = JSON.parse(readFileSync(machinesFile(), "utf8")).machines;
    const other = { stack: "other", provider: "libvirt", machines: [{ ...machine, name: "web1" }, ...rest] };
    const file = { ...JSON.parse(readFileSync(machinesFile(), "utf8")), ...other };
    writeFileSync(machinesFile(), JSON.stringify(file));
    const { uuid } = haveMachine("haproxy1");
    expect((await bed().run(["vagrant", "status"], inFolder())).output).toMatch(/^haproxy1 +poweroff/m);
    await bed().run(["vagrant", "halt"], inFolder());
    await bed().run(["vagrant", "destroy", "--force"], inFolder());
    expect(callsIn(bed().vbox)).toContainEqual(["unregistervm", uuid, "--delete"]);
  }, 60_000);

  test("nor does a machines.json of another version of the project", async () => {
    writeFileSync(machinesFile(), JSON.stringify({ version: 999, machines: "other" }));
    brokenConfig();
    await bed().run(["vagrant", "halt"], inFolder());
  });
});

test("a machine of which VirtualBox's own file is gone has a message with the command that clears it", async () => {
  const { uuid, definition } = haveMachine("haproxy1");
  rmSync(definition);
  const up = await bed().start(["vagrant", "up", "haproxy1"], inFolder()).ended;
  expect(up.exitCode).not.toBe(0);
  expect(up.output.trim().split("\n").at(-1)).toBe(
    `haproxy1: VirtualBox's own file of it was removed outside Vagrant: VBoxManage unregistervm ${uuid} makes VirtualBox forget it, then run this again.`,
  );
  await bed().run(["VBoxManage", "unregistervm", uuid]);
  const status = await bed().run(["vagrant", "status", "haproxy1"], inFolder());
  expect(status.output).toMatch(/^haproxy1 +not created/m);
}, 60_000);

describe("on libvirt", () => {
  beforeEach(() => configure({ provider: "libvirt" }));

  test("vagrant up says what is missing where the daemon does not run", async () => {
    expect(await refused("up")).toContain("libvirt's daemon does not run: install libvirt-daemon-system");
  });

  test("each machine is a port of a real bridge, which the laptop reaches", async () => {
    await startLibvirt(bed());
    await expect(await rendered()).toMatchFileSnapshot(golden("libvirt"));
  });
});
