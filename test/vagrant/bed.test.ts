import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, describe, expect, test } from "vitest";
import { waitFor } from "../../base/waitFor.ts";
import { root } from "../../cli/session/home.ts";
import { type Bed, openBed } from "./bed/bed.ts";
import { callsIn, notInManual } from "./calls.ts";

/** The laptop that the tests of this kind play: what it keeps to itself, and what it refuses to play. */

let bed: Bed | undefined;
afterEach(async () => {
  await bed?.close();
  bed = undefined;
});
const open = async () => {
  bed = await openBed("vagrant-bed");
  return bed;
};

/** Command lines of this host's processes. */
const processes = (): readonly string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")];
      } catch {
        return [];
      }
    });
const links = async () => (await execa("ip", ["-brief", "link"])).stdout.replaceAll(/\s.*/g, "");
const memory = async () => (await execa("ipcs", ["-m"])).stdout;
const mounts = () => readFileSync("/proc/mounts", "utf8");

describe("the laptop", () => {
  test("keeps its network, mounts and shared memory from this host, and takes its processes with it", async () => {
    const before = { links: await links(), mounts: mounts(), memory: await memory() };
    const { run, close } = await open();
    const daemon = "exec -a left-on-the-laptop sleep 1000";
    await run([
      "bash",
      "-c",
      `ipcmk --shmem 4096; ip link add late type bridge; (setsid bash -c "${daemon}" >/dev/null 2>&1 &)`,
    ]);
    expect({ links: await links(), mounts: mounts(), memory: await memory() }).toEqual(before);
    await expect.poll(() => processes().some((line) => line.startsWith("left-on-the-laptop"))).toBe(true);
    await close();
    expect(processes().some((line) => line.startsWith("left-on-the-laptop"))).toBe(false);
  });

  test("reaps what its processes leave", async () => {
    const { run } = await open();
    await run(["bash", "-c", "(sleep 0.1 & exit)"]);
    const zombies = async () => (await run(["ps", "-e", "-o", "stat="])).output.includes("Z");
    expect(await waitFor(5000, async () => ((await zombies()) ? undefined : true))).toBe(true);
  });

  test("ends with the process that opened it, also where that is killed", async () => {
    const module = JSON.stringify(join(import.meta.dirname, "bed/bed.ts"));
    const program = `
      const { openBed } = await import(${module});
      const bed = await openBed("vagrant-killed");
      bed.start(["bash", "-c", "exec -a ends-with-its-owner sleep 1000"]);
      setInterval(() => {}, 1000);`;
    const owner = execa(process.execPath, ["--input-type=module", "--eval", program], { reject: false });
    const lives = () => processes().some((line) => line.startsWith("ends-with-its-owner"));
    await expect.poll(lives, { timeout: 30_000 }).toBe(true);
    owner.kill("SIGKILL");
    await owner;
    await expect.poll(lives, { timeout: 5000 }).toBe(false);
    rmSync(join(root, ".hapair/test/vagrant-killed"), { recursive: true, force: true });
  });

  test("has a laptop's network: an address on the bridge, and the default route", async () => {
    const { run } = await open();
    expect((await run(["ip", "-brief", "-4", "address", "show", "br0"])).output).toMatch(
      /UP +192\.168\.1\.5\/24/,
    );
    expect((await run(["ip", "route", "show", "default"])).output).toContain("dev br0");
    expect((await run(["VBoxManage", "list", "bridgedifs"])).output).toMatch(/Name: +br0\n/);
  });
});

describe("its VBoxManage", () => {
  test.each([
    ["list", "natnets"],
    ["encryptvm", "haproxy1"],
    ["showvminfo", "haproxy1", "--details"],
    ["list", "vms", "--sorted"],
  ])("refuses by its name what it does not play: %s %s", async (...argv) => {
    const { start, vbox } = await open();
    const { exitCode, output } = await start(["VBoxManage", ...argv]).ended;
    expect([exitCode, output]).toEqual([1, expect.stringMatching(/^VBoxManage: error: /)]);
    // Also such a call is on the record.
    expect(callsIn(vbox)).toEqual([argv]);
  });

  test("the comparison of its record with the manual finds verbs, words and options that the manual has not", () => {
    expect(notInManual(["modifyvm", "UUID", "--nonsense1", "on"])).toEqual(["modifyvm --nonsenseN"]);
    expect(notInManual(["controlvm", "UUID", "explode"])).toEqual(["controlvm explode"]);
    expect(notInManual(["explode"])).toEqual(["explode"]);
    expect(notInManual(["modifyvm", "UUID", "--nic1", "nat"])).toEqual([]);
  });
});
