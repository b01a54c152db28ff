import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation/index.js";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { vagrant } from "../../../cli/targets/vagrant/target.ts";
import type { VagrantMachines } from "../../../contract/vagrantMachines.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { vagrantConfig } from "../../harness/testConfig.ts";
import { type StandIns, standIns } from "./standIns.ts";

/** What happens to a stack's machines outside the engine, by a stand-in for Vagrant. */

const played = vi.hoisted(() => ({ file: "", stored: undefined as VagrantMachines | undefined }));
vi.mock("../../../base/vagrantFiles.ts", async (original) => ({
  ...(await original<object>()),
  get machinesFile() {
    return played.file;
  },
}));
vi.mock("../../../vagrant/machinesFile.ts", () => ({ storedMachines: () => played.stored }));
vi.mock("../../../cli/targets/vagrant/machinesFile.ts", () => ({ writeMachines: async () => played.stored }));

const silent: string[] = [];
vi.mock("../../../vagrant/machine/reach.ts", () => ({
  acceptsLogins: async (address: string) => !silent.includes(address),
}));
vi.mock("../../../base/waitFor.ts", async (original) => ({
  ...(await original<object>()),
  waitFor: (_: number, ask: () => unknown) => ask(),
}));

const size = { netmask: "255.255.255.0", memoryMb: 1024, cpus: 1 };
const specOf = (stack: string): VagrantMachines => ({
  version: 1,
  stack,
  provider: "virtualbox",
  box: { name: "bento/debian-13" },
  user: "vagrant",
  bridge: "br0",
  ofMaking: ["firstNetwork"],
  machines: [
    { name: "haproxy1", address: "192.168.1.10", ...size },
    { name: "haproxy2", address: "192.168.1.11", ...size },
    { name: "db1", address: "192.168.1.12", ...size },
  ],
});

let programs: StandIns;
const has = (...names: readonly string[]) => {
  for (const name of names) {
    mkdirSync(join(programs.folder, "machines", name, "virtualbox"), { recursive: true });
    writeFileSync(join(programs.folder, "machines", name, "virtualbox/id"), "id");
  }
};
const isStates = (states: Readonly<Record<string, string>>) =>
  programs.put(
    "vagrant",
    `echo "vagrant $*" >>"$log"; [ "$1" != status ] || printf '%s' '${Object.entries(states)
      .map(([name, state]) => `1,${name},state,${state}\n`)
      .join("")}'`,
  );
const did = () => programs.calls().filter((call) => !call.startsWith("vagrant status"));

beforeEach(() => {
  programs = standIns();
  vi.stubEnv("VAGRANT_DOTFILE_PATH", programs.folder);
  const told = vi.spyOn(process.stderr, "write").mockImplementation(() => true);
  const said = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => {
    vi.unstubAllEnvs();
    told.mockRestore();
    said.mockRestore();
  });
  played.file = join(programs.folder, "machines.json");
  writeFileSync(played.file, "{}");
  played.stored = specOf("vagrant");
  isStates({});
});

describe("before the engine runs", () => {
  const revive = async (without: readonly string[] = []) => {
    const topology = parseTopology(vagrantConfig());
    if (topology.target.kind !== "vagrant") throw new Error("another target");
    const prepared = await vagrant.prepare(topology.target, topology, { without, leaving: [] });
    return prepared.revive({ name: "vagrant" } as Stack);
  };

  test("machines that were halted, suspended or cut off start, and those that run are left alone", async () => {
    has("haproxy1", "haproxy2", "db1");
    isStates({ haproxy1: "running", haproxy2: "poweroff", db1: "saved" });
    // What is gone, the engine's program sees by itself.
    expect(await revive()).toEqual([]);
    expect(did()).toEqual(["vagrant up haproxy2", "vagrant up db1"]);
  });

  test("a host that the roll-out leaves out stays halted", async () => {
    has("haproxy1", "haproxy2", "db1");
    isStates({ haproxy1: "poweroff", haproxy2: "poweroff", db1: "running" });
    await revive(["haproxy2"]);
    expect(did()).toEqual(["vagrant up haproxy1"]);
  });

  test("a machine that has left the config is halted before others take its address, and keeps its disk", async () => {
    has("haproxy1", "haproxy2", "haproxy3", "db1", "db0");
    isStates({
      haproxy1: "running",
      haproxy2: "running",
      haproxy3: "running",
      db1: "poweroff",
      db0: "saved",
    });
    await revive();
    expect(did()).toEqual(["vagrant halt haproxy3", "vagrant up db1"]);
    expect(vi.mocked(console.error).mock.calls.flat()).toContain(
      "vagrant: haproxy3 is not in the config any more. It is halted and keeps its disk: in vagrant/, vagrant destroy haproxy3 removes both",
    );
  });

  test("a machine that runs and does not answer at its address is looked after by the engine's run, and no other", async () => {
    has("haproxy1", "haproxy2", "db1");
    isStates({ haproxy1: "running", haproxy2: "running", db1: "running" });
    const words = ["haproxy1", "haproxy2", "db1"].map((name) =>
      join(programs.folder, "machines", name, "virtualbox/hapair-start"),
    );
    for (const word of words) writeFileSync(word, "a word");
    silent.push("192.168.1.10", "192.168.1.11");
    onTestFinished(() => void silent.splice(0));
    await revive(["haproxy2"]);
    expect(words.map((word) => existsSync(word))).toEqual([false, true, true]);
  });

  test("one that was removed behind Vagrant's back is neither looked after nor said to keep its disk", async () => {
    has("haproxy1", "haproxy2", "haproxy3", "db1");
    isStates({ haproxy1: "not_created", haproxy2: "running", haproxy3: "not_created", db1: "running" });
    silent.push("192.168.1.10");
    onTestFinished(() => void silent.splice(0));
    await revive();
    expect(did()).toEqual([]);
    expect(console.error).not.toHaveBeenCalled();
  });

  test("one that the roll-out leaves out stays as it is, also where the config does not have it", async () => {
    has("haproxy1", "haproxy2", "haproxy3", "db1");
    isStates({ haproxy1: "running", haproxy2: "running", haproxy3: "running", db1: "running" });
    await revive(["haproxy3"]);
    expect(did()).toEqual([]);
  });

  test("Vagrant is not asked where it has no machine yet", async () => {
    await revive();
    expect(programs.calls()).toEqual([]);
  });
});

describe("nodes that get other settings by a boot", () => {
  const runsWith = (name: string, bridge: string, setting = {}) => {
    has(name);
    const own = specOf("vagrant").machines.find((machine) => machine.name === name);
    writeFileSync(
      join(programs.folder, "machines", name, "virtualbox/hapair.json"),
      JSON.stringify({ ...own, bridge, ...setting }),
    );
  };
  const heldBack = async () => {
    const topology = parseTopology(vagrantConfig());
    if (topology.target.kind !== "vagrant") throw new Error("another target");
    const prepared = await vagrant.prepare(topology.target, topology, { without: [], leaving: [] });
    const stack = { name: "vagrant", workspace: { workDir: join(programs.folder, "home/work") } } as Stack;
    const { machines, hosts } = (await prepared.heldBack?.(stack)) ?? {};
    return { machines, hosts };
  };

  test("are never booted in one run of the engine, and that of the later one has its bundle before", async () => {
    runsWith("haproxy1", "br1");
    runsWith("haproxy2", "br1");
    // Nobody says which one is the holder: the first one is the most likely.
    expect(await heldBack()).toEqual({ machines: ["haproxy1"], hosts: [] });
  });

  test("one that gets another address waits with its bundle, which names that", async () => {
    runsWith("haproxy1", "br0", { address: "192.168.1.20" });
    runsWith("haproxy2", "br1");
    expect(await heldBack()).toEqual({ machines: [], hosts: ["haproxy1"] });
  });

  test("of one pair no two get other addresses at once: the holder would not know the other one", async () => {
    runsWith("haproxy1", "br0", { address: "192.168.1.20" });
    runsWith("haproxy2", "br0", { address: "192.168.1.21" });
    await expect(heldBack()).rejects.toThrow(
      /^haproxy1 and haproxy2 get other addresses at once, .*: set back all but one, run this, then change the next one$/,
    );
  });

  test("need one run where they have them already", async () => {
    runsWith("haproxy1", "br0");
    runsWith("haproxy2", "br0");
    expect(await heldBack()).toEqual({ machines: [], hosts: [] });
  });
});

describe("the removal of a stack", () => {
  const remove = (made: readonly string[] = []) =>
    vagrant.remove({
      name: "vagrant",
      home: { folder: "", state: "", passphraseFile: "", work: "", lockFile: "", clients: "" },
      without: [],
      resources: made.map((host) => ({
        urn: `urn::${host}-machine`,
        type: "command:local:Command",
        name: `${host}-machine`,
      })),
      configFile: () => {
        throw new Error("no config is needed");
      },
    });

  test("destroys its machines, also those that a plain vagrant up began, and forgets what Vagrant read", async () => {
    has("db1", "haproxy1");
    await remove(["db1"]);
    expect(did()).toEqual(["vagrant destroy --force db1 haproxy1"]);
    expect(existsSync(played.file)).toBe(false);
  });

  test("destroys no machine of another stack, whatever its name", async () => {
    has("db1", "haproxy1");
    played.stored = specOf("home");
    await remove(["db1"]);
    expect(programs.calls()).toEqual([]);
    expect(existsSync(played.file)).toBe(true);
  });

  test("destroys those that it has made alone where nobody knows whose they are", async () => {
    has("db1", "other");
    played.stored = undefined;
    await remove(["db1", "haproxy1"]);
    expect(did()).toEqual(["vagrant destroy --force db1"]);
  });

  test("needs no Vagrant where it has none", async () => {
    process.env.PATH = "/nowhere";
    await remove(["db1"]);
    expect(existsSync(played.file)).toBe(false);
  });
});
