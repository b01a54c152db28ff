import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { callsIn, notInManual } from "./calls.ts";
import { tellJournals, vip } from "./pair.ts";
import { openQuickPair, type QuickPair } from "./quickPair.ts";

/**
 * What goes wrong with a pair on VirtualBox, and what the next command makes of it, with Vagrant's own code. Its machines
 * boot in a second. One story: each test begins where the one before it ended.
 */

let opened: QuickPair | undefined;
const pair = (): QuickPair => {
  if (opened === undefined) throw new Error("the bed is not there");
  return opened;
};
const names = ["haproxy1", "haproxy2"];
const addresses = { haproxy1: "192.168.1.10", haproxy2: "192.168.1.11" };

beforeAll(async () => {
  opened = await openQuickPair("vagrant-accidents");
  opened.configure(addresses);
}, 120_000);
afterAll(() => opened?.bed.close());
afterEach(({ task }) => (task.result?.state === "fail" ? tellJournals(pair()) : undefined));

const vbox = async (...argv: readonly string[]): Promise<string> =>
  (await pair().bed.run(["VBoxManage", ...argv])).output;
const calls = () => callsIn(pair().bed.vbox);
const idOf = (name: string): string =>
  readFileSync(join(pair().bed.project, "vagrant/.vagrant/machines", name, "virtualbox/id"), "utf8");
/** The folder of a machine that is off. */
const folderOf = async (name: string): Promise<string> => {
  const info = await vbox("showvminfo", idOf(name), "--machinereadable");
  return join(/^CfgFile="(.*)"$/m.exec(info)?.[1] ?? "", "..");
};
const stateOf = async (name: string): Promise<string | undefined> =>
  /^VMState="(.*)"$/m.exec(await vbox("showvminfo", idOf(name), "--machinereadable"))?.[1];

/** Lets an import take as long as that of a large disk, until it is released. */
const held = () => join(pair().bed.vbox, "held");
const hold = () => writeFileSync(held(), "import");
const release = () => rmSync(held());
const importing = async (since: number) => {
  const isImport = ([verb, first]: readonly string[]) => verb === "import" && first !== "-n";
  await expect.poll(() => calls().slice(since).some(isImport), { timeout: 120_000 }).toBe(true);
};
/** Whether a machine was started since, and Vagrant goes on. */
const isStarted = (since: number): boolean =>
  calls()
    .slice(since, -1)
    .some(([verb]) => verb === "startvm");

const startUp = () => pair().bed.start(["npm", "run", "--silent", "up", "--", "vagrant"], { deadlineS: 600 });
/** Runs Vagrant, which is expected to fail. @returns the last line that it printed */
async function refused(...args: readonly string[]): Promise<string | undefined> {
  const { exitCode, output } = await pair().startVagrant(...args).ended;
  expect(exitCode, output).not.toBe(0);
  return output.trim().split("\n").at(-1);
}

/** The SSH host keys that the machines show on the network, by name. */
async function hostKeys(): Promise<Record<string, string>> {
  const keys: [string, string][] = [];
  for (const [name, address] of Object.entries(addresses)) {
    const { output } = await pair().bed.run(["ssh-keyscan", "-t", "ed25519", address]);
    keys.push([name, /^\S+ (ssh-ed25519 \S+)$/m.exec(output)?.[1] ?? ""]);
  }
  return Object.fromEntries(keys);
}
const status = async () => (await pair().npm("status", "--", "vagrant")).output;

describe("the first roll-out", () => {
  test("^C while Vagrant imports a box ends it, and leaves no machine behind", async () => {
    hold();
    const running = pair().startVagrant("up");
    await importing(0);
    running.signal("SIGINT");
    const { exitCode, output } = await running.ended;
    release();
    expect(exitCode, output).not.toBe(0);
    expect(output).not.toMatch(/\.rb:\d+:in /);
    expect(await vbox("list", "vms")).toBe("");
  }, 120_000);

  test("vagrant up is killed while the first machine boots", async () => {
    const before = calls().length;
    const running = pair().startVagrant("up");
    await expect.poll(() => isStarted(before), { timeout: 120_000, interval: 50 }).toBe(true);
    running.signal("SIGKILL");
    await running.ended;
    expect(await vbox("list", "vms")).toMatch(/^"\S+" \{\S+\}\s*$/);
  }, 120_000);

  test("is killed while Vagrant imports a box: the next one waits for that Vagrant, makes the other machine too, and is killed with the engine that delivers to them", async () => {
    hold();
    const before = calls().length;
    const killed = startUp();
    await importing(before);
    killed.signal("SIGKILL");
    await killed.ended;
    const running = startUp();
    await expect
      .poll(() => running.output(), { timeout: 120_000 })
      .toContain("another Vagrant works on it: waiting for its end");
    release();
    await expect
      .poll(() => running.output(), { timeout: 240_000, interval: 50 })
      .toMatch(/making haproxy\d-check/);
    running.signal("SIGKILL");
    await running.ended;
    expect((await vbox("list", "vms")).trim().split("\n")).toHaveLength(2);
  }, 300_000);

  test("vagrant up carries on and makes the pair", async () => {
    const { output } = await pair().vagrant("up");
    expect(output).toMatch(/\d+ made/);
    expect((await vbox("list", "vms")).trim().split("\n")).toHaveLength(2);
    expect(await status()).toMatch(/192\.168\.1\.100 is held by haproxy[12]/);
  }, 300_000);

  test("gives machines of one box SSH host keys of their own, although that brings one", async () => {
    const { haproxy1, haproxy2 } = await hostKeys();
    const [type, key] = pair().boxKey.split(" ");
    expect([haproxy1, haproxy2]).toEqual([
      expect.stringMatching(/^ssh-ed25519 /),
      expect.stringMatching(/^ssh-ed25519 /),
    ]);
    expect(new Set([`${type} ${key}`, haproxy1, haproxy2]).size).toBe(3);
  }, 60_000);
});

test("vagrant snapshot save keeps a machine's state, also while the config is broken", async () => {
  writeFileSync(join(pair().bed.project, "stacks/Pulumi.vagrant.yaml"), "config: [\n");
  await pair().vagrant("snapshot", "save", "haproxy1", "before");
  expect(calls()).toContainEqual(["snapshot", idOf("haproxy1"), "take", "before"]);
  pair().configure(addresses);
}, 60_000);

describe("machines that are gone", () => {
  let before: Record<string, string> = {};

  test("one whose disk was removed outside Vagrant has a message with the command that clears it", async () => {
    before = await hostKeys();
    await vbox("controlvm", idOf("haproxy2"), "poweroff");
    await pair().bed.run(["rm", "-r", `${await folderOf("haproxy2")}/upper`]);
    expect(await refused("up", "haproxy2")).toBe(
      "haproxy2: its disk or a part of it was removed outside Vagrant: vagrant destroy -f haproxy2 removes the rest, then run this again.",
    );
  }, 120_000);

  test("vagrant destroy -f and vagrant up make the pair again, and pin its new SSH host keys", async () => {
    await pair().vagrant("destroy", "-f");
    await pair().vagrant("up");
    const after = await hostKeys();
    for (const name of names) expect(after[name]).toMatch(/^ssh-ed25519 /);
    for (const name of names) expect(after[name]).not.toBe(before[name]);
    expect(await status()).toMatch(/192\.168\.1\.100 is held by haproxy[12]/);
  }, 300_000);
});

describe("a config that has changed", () => {
  let holder = "";
  let backup = "";
  const newAddress = "192.168.1.12";
  const changed = () => ({ ...addresses, [backup]: newAddress });
  /** Names of the machines that were booted, in order. */
  const booted = (since: number): readonly (string | undefined)[] =>
    calls()
      .slice(since)
      .flatMap(([verb, id]) => (verb === "startvm" ? [names.find((name) => idOf(name) === id)] : []));
  let since = 0;

  test("another network of the first adapter is refused, and nothing boots", async () => {
    since = calls().length;
    pair().configure(addresses, {}, { management: ["10.0.3.0/24"] });
    // What the engine runs for a machine.
    const { exitCode, output } = await pair().bed.start(["node", "vagrant/main.ts", "up", "haproxy1"]).ended;
    expect(exitCode).not.toBe(0);
    expect(output).toContain(
      "haproxy1: a new machine alone gets another network of the first adapter: set back what the config has changed, or vagrant destroy -f haproxy1",
    );
    expect(booted(since)).toEqual([]);
  }, 120_000);

  test("a new address whose delivery was cut off, and a boot after that, do not lock the next roll-out out", async () => {
    holder = (await pair().servedBy()) ?? "";
    backup = names.find((name) => name !== holder) ?? "";
    // Another bridge of the same network.
    const lines = [
      "ip link add br1 type bridge",
      "ip link add joins0 type veth peer name joins1",
      "ip link set joins0 master br0 up",
      "ip link set joins1 master br1 up",
      "ip link set br1 up",
    ];
    await pair().bed.run(["sh", "-euc", lines.join("\n")]);
    pair().configure(changed(), { bridge: "br1", memoryMb: 640 });
    const running = startUp();
    await expect
      .poll(() => running.output(), { timeout: 120_000 })
      .toMatch(new RegExp(`✓ ${backup}-machine`));
    running.signal("SIGKILL");
    await running.ended;
    await pair().bed.run(["vagrant", "reload", backup], {
      folder: join(pair().bed.project, "vagrant"),
      env: { HAPAIR_DELIVERS: "1" },
    });
  }, 240_000);

  test("bridge and memory come by a boot of one machine after the other, the holder last", async () => {
    const { exitCode, output } = await startUp().ended;
    expect(exitCode, output).toBe(0);
    expect(output).toContain(`${backup} does not answer at ${newAddress}: looking after it`);
    expect(booted(since)).toEqual([backup, backup, holder]);
    for (const name of names) {
      const info = await vbox("showvminfo", idOf(name), "--machinereadable");
      expect(info).toMatch(/^memory="640"$/m);
      expect(info).toMatch(/^bridgeadapter2="br1"$/m);
    }
    expect(await status()).toContain(`${vip} is held by ${backup}`);
    // A node that does not know the other's address hears nothing of it, and would have the address too.
    for (const name of names)
      expect(await pair().onMachine(name, "journalctl -u keepalived")).not.toContain("not a unicast peer");
  }, 240_000);

  test("a host whose name has a slip in it is halted with its disk and named; ^C ends the making of the other", async () => {
    pair().configure({ [backup]: newAddress, haproxy9: "192.168.1.19" }, { bridge: "br1", memoryMb: 640 });
    const running = startUp();
    await expect.poll(() => running.output(), { timeout: 120_000 }).toMatch(/making haproxy9-machine/);
    running.signal("SIGINT");
    const { exitCode, output } = await running.ended;
    expect(exitCode, output).not.toBe(0);
    expect(output).toContain(
      `${holder} is not in the config any more. It is halted and keeps its disk: in vagrant/, vagrant destroy ${holder} removes both`,
    );
    expect(await stateOf(holder)).toBe("poweroff");
  }, 240_000);

  test("and the engine alone, as pulumi up runs it, starts the machine again once its host is back", async () => {
    const id = idOf(holder);
    pair().configure(changed(), { bridge: "br1", memoryMb: 640 });
    await pair().bed.run(["node", "test/vagrant/bed/engineProgram.ts", "vagrant"]);
    expect(idOf(holder)).toBe(id);
    expect(await stateOf(holder)).toBe("running");
    // The status gives a host ten seconds: once, beside emulated machines, one did not answer in that time.
    await expect.poll(status, { timeout: 60_000 }).toContain(`${vip} is held by ${backup}`);
  }, 240_000);
});

test("every call was one that VirtualBox's manual has", () => {
  expect(calls().flatMap(notInManual)).toEqual([]);
});
