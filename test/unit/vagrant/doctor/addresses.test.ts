import { describe, expect, test } from "vitest";
import {
  type Answers,
  addressesOf,
  addressFindings,
} from "../../../../cli/targets/vagrant/doctor/addressFindings.ts";
import { entriesIn, verdictOn, wayIn } from "../../../../cli/targets/vagrant/doctor/neighbourTable.ts";
import { parseTopology } from "../../../../topology/parse.ts";
import { vagrantConfig } from "../../../harness/testConfig.ts";

const topology = parseTopology(vagrantConfig());
const [haproxy1, haproxy2, db1, vip] = ["192.168.1.10", "192.168.1.11", "192.168.1.12", "192.168.1.100"];
const link = (end: string) => ({ state: "answers", link: `08:00:27:00:00:${end}` }) as const;
const silent = { state: "silent" } as const;
const nobody: Answers = { [haproxy1]: silent, [haproxy2]: silent, [db1]: silent, [vip]: silent };

const told = (answers: Answers, ...running: readonly string[]) =>
  addressFindings(topology, { ...nobody, ...answers }, new Set(running)).map(
    ({ verdict, text }) => `${verdict}: ${text}`,
  );

describe("an address of the stack", () => {
  test("is asked for once, of each host and of the pair", () => {
    expect(addressesOf(topology).toSorted()).toEqual([haproxy1, vip, haproxy2, db1]);
  });

  test("is free where nobody answers", () => {
    expect(told({})).toEqual([]);
  });

  test("that another machine has is told by its key, with that machine's hardware address", () => {
    expect(told({ [haproxy2]: { state: "answers", link: "3c:22:fb:00:00:01" } })).toEqual([
      "wrong: pairs[0].nodes[1].address: 192.168.1.11 is in use by another machine (3c:22:fb:00:00:01): take it off that machine, or choose a free address outside your router's DHCP range",
    ]);
    expect(told({ [db1]: link("01") })).toEqual([
      expect.stringMatching(
        /^wrong: pairs\[0\]\.pool\.machines\[0\]\.address: .*a virtual machine of VirtualBox, such as that of another clone/,
      ),
    ]);
  });

  test("that this machine has itself is told", () => {
    expect(told({ [haproxy1]: { state: "own" } })).toEqual([
      "wrong: pairs[0].nodes[0].address: 192.168.1.10 is this machine's own address: choose a free one",
    ]);
  });

  test("is no finding where the stack's own machine that runs has it", () => {
    const own = { [haproxy1]: link("01"), [haproxy2]: link("02"), [db1]: link("03") };
    expect(told(own, "haproxy1", "haproxy2", "db1")).toEqual([]);
  });

  test("at which a machine that runs does not answer is told with the machine's name", () => {
    expect(told({ [haproxy1]: link("01") }, "haproxy1", "haproxy2")).toEqual([
      expect.stringMatching(
        /^wrong: haproxy2: runs and does not answer at 192\.168\.1\.11: vagrant reload haproxy2/,
      ),
    ]);
  });

  test("whose owner is not known is told once for each reason, with exit status 3", () => {
    const unclear = { state: "unknown", reason: "nobody can be asked by tun0" } as const;
    expect(told({ [haproxy1]: unclear, [vip]: unclear })).toEqual([
      "unknown: whether other machines have 192.168.1.10, 192.168.1.100 is not known, as nobody can be asked by tun0: ping them from a machine of that network, and choose others where they answer",
    ]);
  });
});

describe("the virtual address", () => {
  const nodes = { [haproxy1]: link("01"), [haproxy2]: link("02") };

  test("is the pair's own where one of its running nodes answers for it", () => {
    expect(told({ ...nodes, [vip]: link("02") }, "haproxy1", "haproxy2")).toEqual([]);
  });

  test("that another clone's pair has is told, also while the own nodes run", () => {
    const taken = expect.stringMatching(/^wrong: pairs\[0\]\.vip\.address: 192\.168\.1\.100 is in use/);
    expect(told({ ...nodes, [vip]: link("99") }, "haproxy1", "haproxy2")).toEqual([taken]);
    expect(told({ [vip]: link("99") })).toEqual([taken]);
  });
});

describe("what the kernel says of a neighbour", () => {
  const question = { address: "10.0.0.2", device: "eth0", isHeard: false };
  const entry = (change: object) =>
    entriesIn(JSON.stringify([{ dst: "10.0.0.2", dev: "eth0", lladdr: "aa:bb", confirmed: 0, ...change }]));
  const verdict = (change: object, askedMs: number, isHeard = false) =>
    verdictOn({ ...question, isHeard }, entry(change), askedMs);

  test("counts from the question on: an answer from before may be that of a machine that is gone", () => {
    expect(verdict({ state: ["REACHABLE"], confirmed: 20 }, 3000)).toBeUndefined();
    expect(verdict({ state: ["STALE"], confirmed: 500 }, 3000)).toBeUndefined();
    expect(verdict({ state: ["REACHABLE"], confirmed: 2 }, 3000)).toEqual({
      state: "answers",
      link: "aa:bb",
    });
  });

  test("counts at once where the machine itself has answered", () => {
    expect(verdict({ state: ["STALE"], confirmed: 500 }, 10, true)).toEqual({
      state: "answers",
      link: "aa:bb",
    });
  });

  test("is silence where it has asked in vain", () => {
    expect(verdict({ state: ["FAILED"], lladdr: undefined, confirmed: 60 }, 3000)).toEqual({
      state: "silent",
    });
  });

  test("is nothing yet while it asks", () => {
    expect(verdict({ state: ["INCOMPLETE"], lladdr: undefined, confirmed: 0 }, 500)).toBeUndefined();
  });

  test("is nothing at all of a device without ARP, and of another device's neighbour", () => {
    const none = { state: "unknown", reason: "nobody can be asked by eth0" };
    expect(verdictOn(question, [], 500)).toEqual(none);
    expect(verdict({ dev: "eth1", state: ["REACHABLE"] }, 500)).toEqual(none);
  });

  test("is asked on the device by which packets leave, and not through a router", () => {
    const way = (route: object) => wayIn(JSON.stringify([route]), ["eth0"]);
    expect(way({ dst: "10.0.0.2", dev: "eth0", prefsrc: "10.0.0.5" })).toEqual({
      state: "way",
      device: "eth0",
    });
    for (const gateway of [undefined, "10.8.0.1"])
      expect(way({ dst: "10.0.0.2", dev: "tun0", gateway })).toEqual({ state: "elsewhere", device: "tun0" });
    expect(way({ type: "local", dst: "10.0.0.5", dev: "lo" })).toEqual({ state: "own" });
    expect(way({ dst: "10.9.0.2", gateway: "10.0.0.1", dev: "eth0" })).toEqual({
      state: "unknown",
      reason: "this machine is not on its network, and sends packets for it to 10.0.0.1",
    });
  });
});
