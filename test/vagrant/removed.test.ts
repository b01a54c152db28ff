import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Bed, openBed } from "./bed/bed.ts";
import { startLibvirt } from "./bed/libvirt.ts";
import { writeStack } from "./bed/project.ts";

/**
 * Machines of libvirt whose parts were removed behind Vagrant's back. Their box has no system, as nothing here needs more
 * of a machine than that libvirt runs it. One story.
 */

let opened: Bed | undefined;
const bed = (): Bed => {
  if (opened === undefined) throw new Error("the bed is not there");
  return opened;
};
const names = ["haproxy1", "haproxy2"];

beforeAll(async () => {
  opened = await openBed("vagrant-removed");
  const nodes = names.map((name, at) => ({ name, address: `192.168.1.1${at}` }));
  writeStack(opened.project, "vagrant", {
    target: "vagrant",
    network: { cidr: "192.168.1.0/24" },
    pairs: [{ name: "pg", vip: { address: "192.168.1.100" }, nodes }],
    vagrant: {
      provider: "libvirt",
      memoryMb: 384,
      box: { file: emptyBox(join(opened.project, "..", "box")) },
    },
  });
  await startLibvirt(opened);
}, 120_000);
afterAll(() => opened?.close());

/** Makes a box with an empty disk. @returns its path */
function emptyBox(folder: string): string {
  mkdirSync(folder);
  writeFileSync(
    join(folder, "metadata.json"),
    JSON.stringify({ provider: "libvirt", format: "qcow2", virtual_size: 1 }),
  );
  writeFileSync(
    join(folder, "Vagrantfile"),
    `Vagrant.configure("2") do |config|
  config.vm.provider :libvirt do |libvirt|
    libvirt.driver = "qemu"
    libvirt.cpu_mode = "custom"
    libvirt.cpu_model = "qemu64"
    libvirt.graphics_type = "none"
    libvirt.video_type = "none"
  end
end
`,
  );
  execFileSync("qemu-img", ["create", "-q", "-f", "qcow2", join(folder, "box.img"), "64M"]);
  const path = join(folder, "empty.box");
  execFileSync("tar", ["-C", folder, "-cf", path, "metadata.json", "Vagrantfile", "box.img"]);
  return path;
}

const inFolder = () => ({ folder: join(bed().project, "vagrant") });
const virsh = async (...argv: readonly string[]): Promise<string> =>
  (await bed().run(["virsh", "--quiet", "--connect", "qemu:///system", ...argv])).output.trim();
const idOf = (name: string): string =>
  readFileSync(join(bed().project, "vagrant/.vagrant/machines", name, "libvirt/id"), "utf8");
/** Names of the machines that libvirt has in a state. */
const machines = async (state: "--all" | "--state-running") =>
  (await virsh("list", state, "--name")).split("\n").filter(Boolean).toSorted();
const volumes = () => virsh("vol-list", "default");

/** Runs vagrant up until libvirt runs both machines, for whose system Vagrant would wait in vain. */
async function upUntilTheyRun(): Promise<readonly string[]> {
  const running = bed().start(["vagrant", "up"], inFolder());
  await expect
    .poll(() => machines("--state-running"), { timeout: 100_000, interval: 200 })
    .toHaveLength(names.length);
  running.signal("SIGKILL");
  await running.ended;
  return machines("--all");
}

describe("what was removed outside Vagrant", () => {
  test("has a message with the one command that clears it, for each machine", async () => {
    const [one = "", other = ""] = await upUntilTheyRun();
    for (const name of [one, other]) await virsh("destroy", name);
    await virsh("undefine", one);
    await virsh("vol-delete", `${other}.img`, "--pool", "default");
    const { exitCode, output } = await bed().start(["vagrant", "up"], inFolder()).ended;
    expect(exitCode).not.toBe(0);
    expect(output).toContain(
      "haproxy1: its virtual machine was removed outside Vagrant, and its disk is still there: vagrant destroy -f haproxy1 removes it, then run this again.",
    );
    expect(output).toContain(
      `haproxy2: its disk was removed outside Vagrant: virsh --connect qemu:///system undefine ${idOf("haproxy2")} makes libvirt forget it, then run this again.`,
    );
  }, 200_000);

  test("and after those commands the next vagrant up makes it anew", async () => {
    await bed().run(["vagrant", "destroy", "-f", "haproxy1"], inFolder());
    await virsh("undefine", idOf("haproxy2"));
    expect([await machines("--all"), await volumes()]).toEqual([[], expect.not.stringMatching(/haproxy/)]);
    expect(await upUntilTheyRun()).toHaveLength(names.length);
  }, 200_000);
});
