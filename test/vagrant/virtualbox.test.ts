import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { outageMs } from "../../drills/measure/outage.ts";
import { callsIn, listing, notInManual } from "./calls.ts";
import { type Fingerprints, fingerprints } from "./fingerprints.ts";
import { type BedPair, openPair, vip, whileAsking } from "./pair.ts";

/**
 * The guide's Part 1 as a user goes through it, with Vagrant's own code for VirtualBox and real kernels. One story: each
 * test begins where the one before it ended. Deadlines are three times what a quiet machine of two cores takes.
 */

let opened: BedPair | undefined;
const pair = (): BedPair => {
  if (opened === undefined) throw new Error("the bed is not there");
  return opened;
};
beforeAll(async () => {
  opened = await openPair("vagrant-virtualbox", "virtualbox");
}, 120_000);
afterAll(() => opened?.bed.close());

const nodes = ["haproxy1", "haproxy2"];
/** The node that has the address after `vagrant up`, and the other one: the one whose keepalived ran first has it. */
let first = "";
let second = "";

/** Different calls of VBoxManage in this phase. */
let seen = 0;
const callsOfPhase = (): string => {
  const calls = callsIn(pair().bed.vbox);
  const text = listing(calls.slice(seen), pair().bed.project.replace(/\/home\/.*/, ""));
  seen = calls.length;
  return text;
};
const golden = (phase: string) => join(import.meta.dirname, `golden/calls-${phase}.txt`);

/** Whether the virtual address is on a machine. */
const holds = async (node: string): Promise<boolean> =>
  (await pair().onMachine(node, "ip -4 -brief address")).includes(`${vip}/32`);

describe("a pair on VirtualBox", () => {
  test("vagrant up makes it", async () => {
    const { output } = await pair().vagrant("up");
    expect(output).toMatch(/\d+ made/);
    await expect(callsOfPhase()).toMatchFileSnapshot(golden("up"));
  }, 900_000);

  test("the laptop gets SQL through the virtual address, which one of the nodes holds", async () => {
    expect(await pair().sql("select 40 + 2")).toBe("42");
    first = (await pair().servedBy()) ?? "";
    expect(nodes).toContain(first);
    second = nodes.find((node) => node !== first) ?? "";
    expect(await holds(first)).toBe(true);
  }, 180_000);

  test("vagrant halt of the holder while a client asks: the address moves within three seconds", async () => {
    const probes = await whileAsking(pair(), () => pair().vagrant("halt", first));
    await expect.poll(() => pair().servedBy(), { timeout: 10_000 }).toBe(second);
    // An emulated machine takes its time for a login.
    expect(outageMs(probes, 2000)).toBeLessThan(3000);
    await expect(callsOfPhase()).toMatchFileSnapshot(golden("halt"));
  }, 180_000);

  test("vagrant up of the halted node while a client asks: it rejoins as backup", async () => {
    const probes = await whileAsking(pair(), () => pair().vagrant("up", first));
    expect(await pair().servedBy()).toBe(second);
    expect(await pair().onMachine(first, "systemctl is-active keepalived")).toBe("active");
    expect(await holds(first)).toBe(false);
    expect(probes.filter(({ failure }) => failure !== undefined)).toEqual([]);
    await expect(callsOfPhase()).toMatchFileSnapshot(golden("up-again"));
  }, 300_000);
});

describe("neither of the two ways changes what the other has made", () => {
  let before: Fingerprints = {};

  test("a fingerprint of a machine sees a file that is touched", async () => {
    before = await fingerprints(pair(), nodes);
    await pair().onMachine(second, "touch /etc/haproxy/haproxy.cfg");
    const touched = await fingerprints(pair(), [second]);
    expect(touched[second]?.sha256).toBe(before[second]?.sha256);
    expect(touched[second]?.files).not.toBe(before[second]?.files);
    before = { ...before, ...touched };
  }, 180_000);

  test("vagrant provision changes no file of a machine and restarts no daemon", async () => {
    const { output } = await pair().vagrant("provision");
    expect(output).toMatch(/^vagrant: nothing to do$/m);
    expect(await fingerprints(pair(), nodes)).toEqual(before);
  }, 180_000);

  test("npm run up after vagrant up has nothing to deliver, and the state has the same sha256", async () => {
    await pair().npm("up", "--", "vagrant");
    expect(await fingerprints(pair(), nodes)).toEqual(before);
    const { output } = await pair().npm("pulumi", "--", "stack", "output", "--stack", "vagrant", "--json");
    const { pairs } = JSON.parse(output);
    for (const node of nodes) expect(pairs.pg.bundles[node]).toBe(before[node]?.sha256);
  }, 180_000);
});

describe("what is gone", () => {
  test("vagrant destroy leaves nothing: no machine, no disk, no port of the bridge, no address", async () => {
    callsOfPhase();
    await pair().vagrant("destroy", "--force");
    await expect(callsOfPhase()).toMatchFileSnapshot(golden("destroy"));
    const { vbox, project } = pair().bed;
    expect(readdirSync(join(vbox, "machines"))).toEqual([]);
    for (const node of nodes)
      expect(existsSync(join(project, "vagrant/.vagrant/machines", node, "virtualbox/id"))).toBe(false);
    const { output } = await pair().bed.run(["sh", "-c", "ip -brief link; ps -e -o comm="]);
    expect(output).not.toMatch(/vb-[0-9a-f]{8}|qemu/);
    expect(await pair().servedBy()).toBe(undefined);
  }, 180_000);

  test("every call was one that VirtualBox's manual has", () => {
    const calls = callsIn(pair().bed.vbox);
    expect(calls.length).toBeGreaterThan(50);
    expect(calls.flatMap(notInManual)).toEqual([]);
  });
});
