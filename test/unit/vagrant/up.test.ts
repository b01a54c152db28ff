import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { VagrantMachines } from "../../../contract/vagrantMachines.ts";
import { knownMachines } from "../../../vagrant/known.ts";
import { down } from "../../../vagrant/machine/down.ts";
import { up } from "../../../vagrant/machine/up.ts";
import { type StandIns, standIns } from "./standIns.ts";

/** A machine's way up, by a stand-in for Vagrant that says what it is asked for. */

const machine = {
  name: "haproxy1",
  address: "192.168.1.10",
  netmask: "255.255.255.0",
  memoryMb: 1024,
  cpus: 1,
};
const spec: VagrantMachines = {
  version: 1,
  stack: "vagrant",
  provider: "virtualbox",
  box: { name: "bento/debian-13", version: "202510.26.0" },
  user: "vagrant",
  bridge: "br0",
  ofMaking: ["firstNetwork"],
  machines: [machine],
};
const booted = { ...machine, bridge: "br0" };

const played: { stored: VagrantMachines | undefined } = { stored: spec };
vi.mock("../../../vagrant/machinesFile.ts", () => ({
  storedMachines: () => played.stored,
  readMachines: () => spec,
  machineNamed: () => machine,
}));
const reachAddress = vi.hoisted(() => vi.fn(async () => {}));
const makeHostKeys = vi.hoisted(() => vi.fn(async () => {}));
vi.mock("../../../vagrant/machine/hostKeys.ts", () => ({ makeHostKeys }));
vi.mock("../../../vagrant/machine/reach.ts", () => ({ reachAddress }));

let programs: StandIns;
let told: string;
const data = (name: string, content: object) => {
  const folder = join(programs.folder, "machines/haproxy1/virtualbox");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), JSON.stringify(content));
};
const vagrantCalls = () => programs.calls().filter((call) => call.startsWith("vagrant "));

beforeEach(() => {
  programs = standIns();
  vi.stubEnv("VAGRANT_DOTFILE_PATH", programs.folder);
  told = "";
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    told += text;
    return true;
  });
  onTestFinished(() => {
    stderr.mockRestore();
    vi.unstubAllEnvs();
  });
  writeFileSync(join(programs.folder, "key"), "the key\n");
  const record = join(programs.folder, "machines/haproxy1/virtualbox/hapair.json");
  programs.put(
    "vagrant",
    `echo "vagrant $* $HAPAIR_DELIVERS" >>"$log"
case $1 in
ssh-config) printf 'Host haproxy1\\n  HostName 127.0.0.1\\n  Port 2222\\n  User vagrant\\n  IdentityFile "%s"\\n' '${join(programs.folder, "key")}' ;;
reload) printf '%s' '${JSON.stringify(booted)}' >'${record}' ;;
up) echo "==> haproxy1: Machine already provisioned." ;;
esac`,
  );
  programs.put("ssh", "echo 'ssh-ed25519 AAAA root@haproxy1'; echo 'ecdsa-sha2-nistp256 BBBB root@haproxy1'");
  programs.put(
    "ssh-keyscan",
    "case $* in *'-t ed25519 192.168.1.10') echo '192.168.1.10 ssh-ed25519 AAAA' ;; *) exit 2 ;; esac",
  );
});

describe("a machine", () => {
  test("is started, and its login is by Vagrant's key, its address and its own host key", async () => {
    data("hapair.json", booted);
    expect(await up("haproxy1")).toEqual({
      host: "192.168.1.10",
      port: 22,
      user: "vagrant",
      privateKey: "the key\n",
      hostKey: "ssh-ed25519 AAAA",
    });
    // Keys that its box brought are not pinned.
    expect(makeHostKeys).toHaveBeenCalledBefore(reachAddress);
    // Vagrant does not start a roll-out from within one.
    expect(vagrantCalls()).toEqual(["vagrant up haproxy1 1", "vagrant ssh-config haproxy1 1"]);
    expect(told).toBe("vagrant: ==> haproxy1: Machine already provisioned.\n");
  });

  test("is booted again where it runs with other settings than the config's", async () => {
    data("hapair.json", { ...booted, bridge: "wlp8s0", address: "192.168.1.9" });
    await up("haproxy1");
    expect(vagrantCalls()).toContain("vagrant reload haproxy1 1");
    expect(told).toContain("haproxy1 gets another address, bridge by a boot: reloading it");
    expect(reachAddress).toHaveBeenLastCalledWith(expect.anything(), booted, "192.168.1.9");
  });

  test("is not booted into another first network, from which its firewall lets nobody in", async () => {
    data("hapair.json", { ...booted, firstNetwork: "10.0.3.0/24" });
    await expect(up("haproxy1")).rejects.toThrow(
      "haproxy1: a new machine alone gets another network of the first adapter: set back what the config has changed, or vagrant destroy -f haproxy1 (its data go with it), then run this again",
    );
    expect(vagrantCalls()).not.toContain("vagrant reload haproxy1 1");
  });

  test("gets the engine's words for it once it has a login", async () => {
    data("hapair.json", booted);
    vi.stubEnv("HAPAIR_TOKEN", "a word");
    vi.stubEnv("HAPAIR_START", "another");
    const word = (file = "hapair-token") =>
      readFileSync(join(programs.folder, "machines/haproxy1/virtualbox", file), "utf8");
    reachAddress.mockRejectedValueOnce(new Error("not reached"));
    await expect(up("haproxy1")).rejects.toThrow("not reached");
    expect(word).toThrow("ENOENT");
    await up("haproxy1");
    expect([word(), word("hapair-start")]).toEqual(["a word", "another"]);
  });

  test("keeps the box that it was made from, and says so", async () => {
    data("hapair.json", booted);
    data("box_meta", { name: "bento/debian-13", version: "202508.03.0", provider: "virtualbox" });
    await up("haproxy1");
    expect(told).toMatch(
      /^warning: haproxy1 was made from the box bento\/debian-13 202508\.03\.0 and keeps it/m,
    );
  });

  test("is told from another one that has its address", async () => {
    data("hapair.json", booted);
    programs.put("ssh-keyscan", "echo '# 192.168.1.10:22 SSH-2.0'; echo '192.168.1.10 ssh-ed25519 OTHER'");
    await expect(up("haproxy1")).rejects.toThrow(
      /^haproxy1: another machine has the address 192\.168\.1\.10: it shows another SSH host key there\./,
    );
  });

  test("without a host key is said to have none", async () => {
    data("hapair.json", booted);
    programs.put("ssh", "exit 0");
    await expect(up("haproxy1")).rejects.toThrow(
      "haproxy1: its SSH has no host key: sudo ssh-keygen -A on it makes one",
    );
  });

  test("that Vagrant cannot start is told in Vagrant's own words, above one sentence", async () => {
    programs.put("vagrant", "printf 'The box ' >&2; sleep 0.1; echo 'could not be found' >&2; exit 1");
    await expect(up("haproxy1")).rejects.toThrow("vagrant up haproxy1 ended with 1: its own words are above");
    expect(told).toBe("vagrant: The box could not be found\n");
  });
});

describe("a machine that the engine's state gives up", () => {
  beforeEach(() => {
    data("id", {});
    writeFileSync(join(programs.folder, "machines/haproxy1/virtualbox/hapair-token"), "a word");
    vi.stubEnv("HAPAIR_STACK", "vagrant");
    vi.stubEnv("HAPAIR_TOKEN", "a word");
    onTestFinished(() => {
      played.stored = spec;
    });
  });

  test("is destroyed without a question where the stack goes, and only where there is one", async () => {
    await down("db1");
    expect(vagrantCalls()).toEqual([]);
    await down("haproxy1");
    expect(vagrantCalls()).toEqual(["vagrant destroy --force haproxy1 1"]);
  });

  test("is halted with its disk where the config alone does not have it any more", async () => {
    played.stored = { ...spec, machines: [{ ...machine, name: "haproxy9" }] };
    await down("haproxy1");
    expect(vagrantCalls()).toEqual(["vagrant halt haproxy1 1"]);
    expect(told).toContain("vagrant destroy haproxy1 removes both");
  });

  test.each([
    ["of another stack of the same clone", { ...spec, stack: "other" }, "a word"],
    ["that another state of the stack has made", spec, "of that state"],
    ["of which nobody knows whose it is", undefined, undefined],
  ])("stays as it is where it is one %s", async (_, stored, token) => {
    played.stored = stored;
    const file = join(programs.folder, "machines/haproxy1/virtualbox/hapair-token");
    if (token === undefined) rmSync(file);
    else writeFileSync(file, token);
    await down("haproxy1");
    expect(vagrantCalls()).toEqual([]);
    expect(told).toContain("haproxy1 was made for another stack or state, and stays as it is");
  });

  test("is destroyed where its token alone says whose it is", async () => {
    played.stored = undefined;
    await down("haproxy1");
    expect(vagrantCalls()).toEqual(["vagrant destroy --force haproxy1 1"]);
  });
});

test("without Vagrant one sentence says what to install", async () => {
  process.env.PATH = "/nowhere";
  await expect(up("haproxy1")).rejects.toThrow(/^vagrant could not be run: install Vagrant/);
});

test("the machines that Vagrant has are read from its own files", () => {
  data("id", {});
  mkdirSync(join(programs.folder, "machines/db1/libvirt"), { recursive: true });
  expect(knownMachines()).toEqual([{ name: "haproxy1", provider: "virtualbox" }]);
});
