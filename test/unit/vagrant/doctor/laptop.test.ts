import { describe, expect, test } from "vitest";
import { addressesIn } from "../../../../cli/targets/vagrant/bridge/linuxLinks.ts";
import type { Answers } from "../../../../cli/targets/vagrant/doctor/addressFindings.ts";
import {
  type HypervisorLook,
  hypervisorFindings,
} from "../../../../cli/targets/vagrant/doctor/hypervisorFindings.ts";
import {
  devicesOn,
  networkFindings,
  type OwnAddress,
} from "../../../../cli/targets/vagrant/doctor/networkFindings.ts";
import { pathFindings } from "../../../../cli/targets/vagrant/doctor/pathFindings.ts";
import { type RoomLook, roomFindings } from "../../../../cli/targets/vagrant/doctor/roomFindings.ts";
import { kvmTrouble, machineFolderIn } from "../../../../cli/targets/vagrant/doctor/thisMachine.ts";
import { missingPlugin } from "../../../../cli/targets/vagrant/tools/plugin.ts";

import { parseTopology } from "../../../../topology/parse.ts";
import { vagrantConfig } from "../../../harness/testConfig.ts";

/** What the doctor says of the machine on which Vagrant runs. */

describe("its networks", () => {
  const own = (device: string, address: string, network: string, isVirtual = false): OwnAddress => ({
    device,
    address,
    network,
    isVirtual,
  });
  const wifi = own("wlp8s0", "192.168.1.5", "192.168.1.0/24");
  const topology = parseTopology(vagrantConfig());
  const told = (addresses: readonly OwnAddress[], bridge = "wlp8s0", answers: Answers = {}) =>
    networkFindings(topology, addresses, bridge, answers).map(({ text }) => text);

  test("are right with an address of the stack's network, beside others", () => {
    expect(told([wifi, own("docker0", "172.17.0.1", "172.17.0.0/16", true)])).toEqual([]);
  });

  test("lack one in the stack's network: what there is, is told", () => {
    expect(told([own("wlp8s0", "10.0.0.7", "10.0.0.0/24")])).toEqual([
      "network.cidr: is 192.168.1.0/24, and this machine has no address in it, only 10.0.0.7 (wlp8s0): give wlp8s0 one, or set network.cidr and every address of the config to the network of one of these",
    ]);
    expect(told([])).toEqual([expect.stringContaining("no address in it, only none: give wlp8s0 one")]);
  });

  test("may be two adapters on the same network", () => {
    expect(told([wifi, own("enp3s0", "192.168.1.6", "192.168.1.0/24")])).toEqual([]);
  });

  test("with one of Docker's on the stack's addresses are told, with how Docker leaves it", () => {
    const [wide, docker] = [own("wlp8s0", "192.168.1.5", "192.168.0.0/16"), "br-0a1b2c3d4e5f"];
    expect(told([wide, own(docker, "192.168.0.1", "192.168.0.0/20", true)])).toEqual([
      expect.stringMatching(
        /^br-0a1b2c3d4e5f: has 192\.168\.0\.0\/20, so that packets for 192\.168\.1\.12, 192\.168\.1\.10, 192\.168\.1\.11, 192\.168\.1\.100 may go there instead of to wlp8s0: remove that network of Docker/,
      ),
    ]);
    expect(told([wifi, own("vboxnet0", "192.168.1.1", "192.168.1.0/28", true)])).toEqual([
      expect.stringMatching(
        /packets for .*1\.10, .* take the addresses and routes of that range off vboxnet0, or choose another range/,
      ),
    ]);
  });

  test("may be wider ones beside the stack's, to which no packet for it goes", () => {
    expect(told([wifi, own("docker0", "192.168.0.1", "192.168.0.0/20", true)])).toEqual([]);
  });

  test("with a way for the stack's addresses that leads elsewhere are told once a device", () => {
    const elsewhere = (device: string) => ({ state: "elsewhere", device }) as const;
    const answers = { "192.168.1.10": elsewhere("tun0"), "192.168.1.11": elsewhere("tun0") };
    expect(told([wifi], "wlp8s0", answers)).toEqual([
      "tun0: packets for 192.168.1.10, 192.168.1.11 leave by it, and not by the network of the stack (ip route get 192.168.1.10): take the addresses and routes of that range off tun0, or choose another range for network.cidr",
    ]);
    const docker = own("br-0a1b2c3d4e5f", "192.168.1.1", "192.168.1.0/24", true);
    expect(told([wifi, docker], "wlp8s0", { "192.168.1.10": elsewhere(docker.device) })).toEqual([
      expect.stringMatching(/^br-0a1b2c3d4e5f: has 192\.168\.1\.0\/24, so that packets/),
    ]);
  });

  test("are those of the bridge and of real adapters, and never one of Docker's", () => {
    const docker = own("br-0a1b2c3d4e5f", "192.168.1.1", "192.168.1.0/24", true);
    const bridge = own("br0", "192.168.1.5", "192.168.1.0/24", true);
    const { cidr } = topology.network;
    expect(devicesOn(cidr, [wifi, docker], "wlp8s0")).toEqual(["wlp8s0"]);
    expect(devicesOn(cidr, [bridge, docker], "enp3s0")).toEqual(["br0"]);
    expect(devicesOn(cidr, [wifi, bridge, docker], "br0")).toEqual(["wlp8s0", "br0"]);
    expect(devicesOn(cidr, [own("eth0", "10.0.0.7", "10.0.0.0/24")], "eth0")).toEqual([]);
  });

  test("are those of every device, also of a bridge without a carrier, which takes packets too", () => {
    const link = (ifname: string, flags: readonly string[], local: string, prefixlen: number) => ({
      ifname,
      flags,
      addr_info: [{ family: "inet", local, prefixlen }],
    });
    const links = [
      link("lo", ["LOOPBACK", "UP"], "127.0.0.1", 8),
      {},
      link("br-0a1b2c3d4e5f", ["NO-CARRIER", "BROADCAST", "UP"], "192.168.1.1", 24),
    ];
    expect(addressesIn(JSON.stringify(links))).toEqual([
      { device: "br-0a1b2c3d4e5f", address: "192.168.1.1", network: "192.168.1.0/24" },
    ]);
  });

  test("have the bridge's address on the bridge, where the config names one of its ports", () => {
    const bridge = own("br0", "192.168.1.5", "192.168.1.0/24", true);
    expect(told([bridge], "enp3s0")).toEqual([]);
  });
});

describe("its processor", () => {
  const good: HypervisorLook = {
    processorFlags: ["fpu", "vmx"],
    virtualbox: "7.1.6",
    kvmHolds: false,
    noKvm: undefined,
    dockerDesktop: false,
    dockerFilters: false,
  };
  const told = (change: Partial<HypervisorLook>, provider: "virtualbox" | "libvirt" = "virtualbox") =>
    hypervisorFindings(provider, { ...good, ...change }, "br0").map(
      ({ verdict, text }) => `${verdict}: ${text}`,
    );

  test("is good with virtualization that nobody else has taken", () => {
    expect(told({})).toEqual([]);
    expect(told({ processorFlags: ["svm"] })).toEqual([]);
    expect(told({ processorFlags: undefined })).toEqual([]);
  });

  test("without virtualization is told once", () => {
    expect(told({ processorFlags: ["fpu"], kvmHolds: true })).toEqual([
      expect.stringMatching(
        /^wrong: this machine's processor shows no virtualization.*switch on VT-x or AMD-V/,
      ),
    ]);
  });

  test("that KVM holds is told, unless this VirtualBox shares it", () => {
    expect(told({ kvmHolds: true })).toEqual([
      expect.stringMatching(
        /VirtualBox 7\.1\.6 does not share it: .*modprobe -r kvm_intel kvm_amd kvm.*enable_virt_at_load=0/,
      ),
    ]);
    expect(told({ kvmHolds: true, virtualbox: "7.2.10" })).toEqual([]);
    expect(told({ kvmHolds: true }, "libvirt")).toEqual([]);
  });

  test("that Docker Desktop uses is told", () => {
    expect(told({ dockerDesktop: true })).toEqual([
      expect.stringMatching(
        /^wrong: Docker Desktop runs.*systemctl --user stop docker-desktop.*Docker Engine/,
      ),
    ]);
  });

  test("without KVM is told where libvirt would use it, and why emulation is slow", () => {
    expect(told({ noKvm: "ENOENT" }, "libvirt")).toEqual([
      expect.stringMatching(
        /^later: \/dev\/kvm is missing: .*modprobe kvm_intel.*emulated machines are slow$/,
      ),
    ]);
    expect(told({ noKvm: "ENODEV" }, "libvirt")).toEqual([
      expect.stringMatching(/^later: \/dev\/kvm cannot be used \(ENODEV\): /),
    ]);
    expect(told({ noKvm: "ENOENT" })).toEqual([]);
    expect(kvmTrouble("/nowhere/kvm")).toBe("ENOENT");
    expect(kvmTrouble("/dev/null")).toBeUndefined();
  });

  test("may run machines of libvirt that Docker's packet filter keeps apart", () => {
    expect(told({ dockerFilters: true }, "libvirt")).toEqual([
      expect.stringMatching(/^later: .*sudo iptables -I DOCKER-USER -i br0 -o br0 -j ACCEPT$/),
    ]);
    expect(told({ dockerFilters: true })).toEqual([]);
  });
});

describe("its room", () => {
  const machines = ["haproxy1", "haproxy2", "db1"].map((name) => ({ name, memoryMb: 1024 }));
  const folder = (path: string, device: number, freeMb: number) => ({ folder: path, device, freeMb });
  const good: RoomLook = {
    memoryMb: 3072,
    boxes: folder("/home/me/.vagrant.d", 1, 2000),
    disks: folder("/vms", 2, 9000),
  };
  const names = (...list: readonly string[]): ReadonlySet<string> => new Set(list);
  const fresh = { running: names(), known: names(), hasBox: false };
  const told = (look: Partial<RoomLook>, made: Partial<typeof fresh> = {}) =>
    roomFindings(machines, { ...fresh, ...made }, { ...good, ...look }).map(({ text }) => text);

  test("is just enough for what has to be made", () => {
    expect(told({})).toEqual([]);
  });

  test("is too little memory for the machines that do not run", () => {
    expect(told({ memoryMb: 3071 })).toEqual([
      "this machine has 3071 MB of memory free, and haproxy1, haproxy2, db1 need 3072 MB: end other programs, or lower vagrant.memoryMb",
    ]);
    expect(told({ memoryMb: 1024 }, { running: names("haproxy1", "db1") })).toEqual([]);
  });

  test("is too little disk, of which what is on one file system is needed together", () => {
    expect(told({ disks: folder("/vms", 2, 8999) })).toEqual([
      expect.stringMatching(
        /^\/vms: 8999 MB are free, and the disks of haproxy1, haproxy2, db1 need about 9000 MB: make room/,
      ),
    ]);
    const shared = {
      boxes: folder("/home/me/.vagrant.d", 1, 10_999),
      disks: folder("/home/me/VMs", 1, 10_999),
    };
    expect(told(shared)).toEqual([
      expect.stringMatching(
        /^\/home\/me\/\.vagrant\.d and \/home\/me\/VMs: 10999 MB are free, and the box and the disks of .* need about 11000 MB/,
      ),
    ]);
    expect(told(shared, { hasBox: true })).toEqual([]);
  });

  test("need not be there for what is there already", () => {
    const all = names("haproxy1", "haproxy2", "db1");
    const full = { memoryMb: 0, boxes: folder("/a", 1, 0), disks: folder("/b", 2, 0) };
    expect(told(full, { running: all, known: all, hasBox: true })).toEqual([]);
  });

  test("is looked for where VirtualBox keeps its machines", () => {
    expect(
      machineFolderIn("API version: 7_0\nDefault machine folder:          /data/my VMs\nRaw-mode: no\n"),
    ).toBe("/data/my VMs");
    expect(machineFolderIn("")).toBeUndefined();
  });
});

describe("the path of the project on it", () => {
  const path = "/home/jürgen/hapair/vagrant";

  test("may have any letters with a locale that knows them", () => {
    expect(pathFindings(path, { LANG: "de_DE.UTF-8" })).toEqual([]);
    expect(pathFindings(path, { LC_ALL: "C.utf8", LANG: "C" })).toEqual([]);
    expect(pathFindings("/home/me/a b/hapair", {})).toEqual([]);
  });

  test("with other letters than the locale's are told", () => {
    for (const locale of [{}, { LANG: "C" }, { LC_ALL: "POSIX", LANG: "de_DE.UTF-8" }])
      expect(pathFindings(path, locale)).toEqual([
        {
          verdict: "wrong",
          text: expect.stringMatching(
            /^\/home\/jürgen\/hapair\/vagrant: has letters .*export LC_ALL=C\.UTF-8/,
          ),
        },
      ]);
  });
});

test("Vagrant's plugin for libvirt is missed where it does not list it", () => {
  const line = "1795932513,vagrant-libvirt,plugin-version,0.11.2%!(VAGRANT_COMMA) system";
  expect(missingPlugin(`1795932513,,plugin-name,vagrant-libvirt\r\n${line}\n`)).toBeUndefined();
  expect(missingPlugin("1795932513,,plugin-name,vagrant-libvirt-other\n")).toMatch(
    /^Vagrant's plugin vagrant-libvirt is missing: vagrant plugin install vagrant-libvirt/,
  );
});
