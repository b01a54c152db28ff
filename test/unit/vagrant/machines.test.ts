import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { boxOfFile } from "../../../cli/targets/vagrant/boxFile.ts";
import { otherMachines } from "../../../cli/targets/vagrant/otherMachines.ts";
import { halted } from "../../../cli/targets/vagrant/target.ts";
import { vagrantSpec } from "../../../components/machines/vagrant/vagrantSpec.ts";
import { parseTopology } from "../../../topology/parse.ts";
import type { BootSettings } from "../../../vagrant/machine/booted.ts";
import { lackOf } from "../../../vagrant/machine/booted.ts";
import { boxDifference } from "../../../vagrant/machine/box.ts";
import { parseSshConfig } from "../../../vagrant/machine/channel.ts";
import { parseStates } from "../../../vagrant/status.ts";
import { vagrantConfig } from "../../harness/testConfig.ts";

function specOf(section: object = {}, keys: object = {}) {
  const topology = parseTopology({ ...vagrantConfig(), ...keys, vagrant: section });
  if (topology.target.kind !== "vagrant") throw new Error("another target");
  return vagrantSpec(topology.target, topology);
}

describe("what Vagrant is told", () => {
  test("are the machines of the stack, the nodes first", () => {
    const size = { netmask: "255.255.255.0", memoryMb: 1024, cpus: 1 };
    expect(specOf().machines).toEqual([
      { name: "haproxy1", address: "192.168.1.10", ...size },
      { name: "haproxy2", address: "192.168.1.11", ...size },
      { name: "db1", address: "192.168.1.12", ...size },
    ]);
  });

  test("is another size for one machine", () => {
    const { machines } = specOf({ memoryMb: 768, machines: { db1: { memoryMb: 2048, cpus: 2 } } });
    expect(machines.map(({ memoryMb, cpus }) => [memoryMb, cpus])).toEqual([
      [768, 1],
      [768, 1],
      [2048, 2],
    ]);
  });

  test("is the netmask of the config's network", () => {
    const network = { cidr: "192.168.0.0/22" };
    expect(new Set(specOf({}, { network }).machines.map(({ netmask }) => netmask))).toEqual(
      new Set(["255.255.252.0"]),
    );
  });

  test.each([
    [{}, { name: "bento/debian-13", version: "202510.26.0" }],
    [{ provider: "libvirt" }, { name: "debian/trixie64", version: "13.20260519.1" }],
    [{ box: { version: "1.2.3" } }, { name: "bento/debian-13", version: "1.2.3" }],
    [{ box: { name: "me/trixie" } }, { name: "me/trixie" }],
    [{ box: { file: "./a.box" } }, { name: "hapair/debian-13", file: "./a.box" }],
    [
      { box: { name: "me/trixie", file: "./a.box", checksum: "a".repeat(64), architecture: "arm64" } },
      { name: "me/trixie", file: "./a.box", checksum: "a".repeat(64), architecture: "arm64" },
    ],
  ])("with %j is the box %j", (section, box) => {
    expect(specOf(section).box).toEqual(box);
  });

  test("is the first adapter's network where it is not the provider's own", () => {
    const network = { cidr: "192.168.1.0/24", management: ["10.0.3.0/24"] };
    expect(specOf({}, { network }).firstNetwork).toBe("10.0.3.0/24");
    expect(specOf().firstNetwork).toBeUndefined();
    expect(specOf({ provider: "libvirt" }).firstNetwork).toBeUndefined();
  });
});

const settings: BootSettings = {
  name: "haproxy1",
  address: "192.168.1.10",
  netmask: "255.255.255.0",
  memoryMb: 1024,
  cpus: 1,
  bridge: "br0",
};

describe("settings of a machine that runs are compared with the config's", () => {
  const lack = (provider: "virtualbox" | "libvirt", change: Partial<BootSettings>) =>
    lackOf(provider, settings, { ...settings, ...change });

  test("and nothing is done where they are the same", () => {
    expect(lack("virtualbox", {})).toEqual({ by: "nothing" });
  });

  test("and most of them come by a boot", () => {
    expect(lack("virtualbox", { bridge: "br1", memoryMb: 2048 })).toEqual({
      by: "boot",
      settings: ["memory", "bridge"],
    });
    expect(lack("libvirt", { cpus: 2 })).toEqual({ by: "boot", settings: ["number of processors"] });
  });

  test("and libvirt gives another address or bridge to a new machine alone", () => {
    expect(lack("libvirt", { address: "192.168.1.20", memoryMb: 2048 })).toEqual({
      by: "making",
      settings: ["address"],
    });
  });

  test.each(["virtualbox", "libvirt"] as const)(
    "and with %s the first network stays, from which the machine's firewall lets Vagrant in",
    (provider) => {
      expect(lack(provider, { firstNetwork: "10.0.3.0/24" })).toEqual({
        by: "making",
        settings: ["network of the first adapter"],
      });
    },
  );

  test("and one of which nobody knows them is booted", () => {
    expect(lackOf("virtualbox", undefined, settings)).toEqual({ by: "boot", settings: [] });
  });
});

test("a machine that was made from another box than the config's is told of", () => {
  const made = { name: "bento/debian-13", version: "202510.26.0" };
  expect(boxDifference("db1", made, made)).toBeUndefined();
  expect(boxDifference("db1", made, { name: "bento/debian-13" })).toBeUndefined();
  expect(boxDifference("db1", made, { name: "bento/debian-13", version: "202601.1.0" })).toBe(
    "db1 was made from the box bento/debian-13 202510.26.0 and keeps it, although the config has bento/debian-13 202601.1.0: vagrant destroy -f db1, then this again, makes it anew without its data",
  );
});

test("the way by which Vagrant reaches a machine is read, also with blanks and other letters in its path", () => {
  const text = `Host haproxy1
  HostName 127.0.0.1
  User vagrant
  Port 2222
  UserKnownHostsFile /dev/null
  StrictHostKeyChecking no
  IdentityFile "/home/jürgen/my pairs/vagrant/.vagrant/machines/haproxy1/virtualbox/private_key"
  IdentitiesOnly yes
`;
  expect(parseSshConfig(text)).toEqual({
    host: "127.0.0.1",
    port: 2222,
    user: "vagrant",
    identityFile: "/home/jürgen/my pairs/vagrant/.vagrant/machines/haproxy1/virtualbox/private_key",
  });
  expect(parseSshConfig("The machine is not ready")).toBeUndefined();
});

test("the states of machines are read from what Vagrant prints for programs", () => {
  const text = [
    "1795931828,haproxy1,metadata,provider,virtualbox",
    "1795931829,haproxy1,state,running",
    "1795931829,haproxy1,state-human-long,The VM is running%!(VAGRANT_COMMA) and well",
    "1795931829,haproxy2,state,poweroff",
    "1795931829,db1,state,not_created",
    "1795931829,,ui,info,Current machine states:",
  ].join("\n");
  const states = parseStates(text);
  expect(states).toEqual({ haproxy1: "running", haproxy2: "poweroff", db1: "not_created" });
  expect(halted(["haproxy1", "haproxy2", "db1", "new"], states)).toEqual(["haproxy2"]);
});

describe("a box that comes from a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "hapair box é"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "trixie.box");
  const nameOf = (box: object = {}) => {
    const made = boxOfFile({ name: "hapair/debian-13", ...box }, path);
    return "box" in made ? made.box.name : made.trouble;
  };

  test("has another name once the file has changed, so that Vagrant takes that", () => {
    writeFileSync(path, "one");
    const first = nameOf();
    expect(first).toMatch(/^hapair\/debian-13-[0-9a-f]{12}$/);
    expect(nameOf()).toBe(first);
    writeFileSync(path, "another one");
    expect(nameOf()).not.toBe(first);
    expect(nameOf({ checksum: "ab".repeat(32) })).toBe("hapair/debian-13-abababababab");
  });

  test("keeps the name that the config gives it", () => {
    expect(nameOf({ name: "me/trixie" })).toBe("me/trixie");
  });

  test("has to be there", () => {
    expect(boxOfFile({ name: "me/trixie" }, join(folder, "none.box"))).toEqual({
      trouble: expect.stringMatching(/^vagrant\.box\.file: .*none\.box is not there: name a box file/),
    });
    expect(boxOfFile({ name: "me/trixie" }, folder)).toEqual({
      trouble: expect.stringContaining("is no file"),
    });
  });
});

describe("a stack's machines do not mix with others of the clone", () => {
  const known = [
    { name: "haproxy1", provider: "virtualbox" },
    { name: "db1", provider: "virtualbox" },
  ];
  const own = { stack: "vagrant", provider: "virtualbox" } as const;

  test("with its own there is no trouble", () => {
    expect(otherMachines(own, "vagrant", known)).toEqual([]);
    expect(otherMachines(own, undefined, known)).toEqual([]);
    expect(otherMachines(own, "other", [])).toEqual([]);
  });

  test("of another stack", () => {
    expect(otherMachines(own, "home", known)).toEqual([
      "vagrant/ has the machines of the stack home (haproxy1, db1), and has room for one stack: npm run destroy -- home removes them, or use another clone",
    ]);
  });

  test("of another provider", () => {
    expect(otherMachines({ ...own, provider: "libvirt" }, "vagrant", known)).toEqual([
      "vagrant.provider: is libvirt, and haproxy1, db1 are machines of virtualbox: set that key back, or remove them with npm run destroy -- vagrant first",
    ]);
  });
});
