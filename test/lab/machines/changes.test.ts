import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { root } from "../../../cli/session/home.ts";
import type { MachineUp } from "../../../contract/lab.ts";
import { freeLabName, freePorts } from "../../../lab/freeLab.ts";
import { imagePath } from "../../../lab/image/baseImage.ts";
import { down, retain } from "../../../lab/machine/down.ts";
import { exec, execArgv, leaderPid } from "../../../lab/machine/exec.ts";
import { up, upAll } from "../../../lab/machine/up.ts";
import { networkDown, networkUp } from "../../../lab/network/network.ts";
import { machineFile, upperDir } from "../../../lab/paths.ts";
import { killGroup, scopeName } from "../../../lab/process/group.ts";
import { formatStatus, status } from "../../../lab/status.ts";
import { readMachine, readNetwork, writeNetwork } from "../../../lab/store.ts";
import { hostPackages } from "../../../render/roles/roles.ts";
import { sshKeyPair } from "../../harness/sshKeyPair.ts";

/** A lab whose machines, ports and network change while it runs; after each test it is complete again. */

const lab = freeLabName("t-changes");
const port1 = await freePorts("t-changes");
const port2 = port1 + 1;
const port3 = port1 + 2;
const authorizedKey = sshKeyPair("ed25519").public;
const spec = (address: string, sshPort: number) => ({ address, sshPort, authorizedKey });
const network = { cidr: "10.0.1.0/24", app: "10.0.1.10", packages: hostPackages.slice(), user: "admin" };

const machineOf = (name: string) => status(lab).machines.find((machine) => machine.name === name);

/** SSH port by machine, of the machines that show their host key at the address and port that `up` printed. */
async function reached(machines: readonly MachineUp[]): Promise<Record<string, number>> {
  const shown = machines.map(async ({ name, ssh }) => {
    const scan = await execa("ssh-keyscan", ["-t", "ed25519", "-p", String(ssh.port), ssh.host]);
    return scan.stdout.endsWith(ssh.hostKey) ? [[name, ssh.port]] : [];
  });
  return Object.fromEntries((await Promise.all(shown)).flat());
}

/** The lab's stderr during `work`. */
async function said(work: () => Promise<unknown>): Promise<string> {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  try {
    await work();
    return write.mock.calls.map(([text]) => String(text)).join("");
  } finally {
    write.mockRestore();
  }
}

beforeAll(async () => {
  await networkDown(lab);
  await networkUp(lab, { ...network, forwards: [] });
  await Promise.all([up(lab, "one", spec("10.0.1.21", port1)), up(lab, "two", spec("10.0.1.22", port2))]);
});

afterAll(() => networkDown(lab));

it("a machine inserted before another takes its port, and both are reached in either order of `up`", async () => {
  const before = leaderPid(lab, "two");
  const both = await Promise.all([
    up(lab, "two", spec("10.0.1.22", port3)),
    up(lab, "three", spec("10.0.1.23", port2)),
  ]);
  expect(await reached(both)).toEqual({ two: port3, three: port2 });
  const later = [
    await up(lab, "two", spec("10.0.1.22", port2)),
    await up(lab, "three", spec("10.0.1.23", port3)),
  ];
  expect(await reached(later)).toEqual({ two: port2, three: port3 });
  expect(leaderPid(lab, "two")).toBe(before);
});

it("an interrupted change of ports leaves out the machine that lost its port until it gets another", async () => {
  await up(lab, "three", spec("10.0.1.23", port2));
  expect(machineOf("two")).toMatchObject({ state: "running", sshUp: false });
  await expect(up(lab, "two")).rejects.toThrow(
    `SSH port of machine two of lab ${lab}, ${port2}, went to three; give`,
  );
  expect(await said(() => upAll(lab))).toContain("machine two is not started until");
  expect(await reached([await up(lab, "three")])).toEqual({ three: port2 });
  const both = [await up(lab, "two", spec("10.0.1.22", port3)), await up(lab, "three")];
  expect(await reached(both)).toEqual({ two: port3, three: port2 });
});

it("a machine that is no longer named is removed with its disk, and another can take its address and port", async () => {
  const renamed = spec("10.0.1.23", port2);
  await expect(up(lab, "four", renamed)).rejects.toThrow(
    `10.0.1.23 belongs to three in lab ${lab}; choose another, or first remove three with its disk: lab down three --purge --lab ${lab}.`,
  );
  expect(await said(() => retain(lab, ["one", "two", "four"]))).toContain("removing machine three");
  expect(existsSync(upperDir(lab, "three"))).toBe(false);
  expect(await reached([await up(lab, "four", renamed)])).toEqual({ four: port2 });
  expect(status(lab).machines.map(({ name, state }) => [name, state])).toEqual([
    ["four", "running"],
    ["one", "running"],
    ["two", "running"],
  ]);
});

it("the next `up` restores a port that was lost to a machine which is now removed", async () => {
  await up(lab, "four", spec("10.0.1.23", port3));
  await retain(lab, ["one", "two"]);
  expect(machineOf("two")?.sshUp).toBe(false);
  expect(await reached(await upAll(lab))).toEqual({ one: port1, two: port3 });
});

it("status shows a machine with a dead forward as unreachable, and `up` repairs it without a restart", async () => {
  const before = leaderPid(lab, "one");
  killGroup(lab, "one.forward");
  await expect.poll(() => machineOf("one")?.sshUp, { timeout: 2000 }).toBe(false);
  await upAll(lab);
  expect(machineOf("one")).toMatchObject({ state: "running", sshUp: true, leader: before });
});

it("a machine gets another size of the network and keeps its address, disk and image", async () => {
  await exec(lab, "one", ["sh", "-c", "echo kept > /root/kept && sync"]);
  await networkUp(lab, { ...network, cidr: "10.0.1.0/25", forwards: [] });
  expect(await reached(await upAll(lab))).toEqual({ one: port1, two: port3 });
  const addresses = await exec(lab, "one", ["ip", "-brief", "address", "show", "host0"]);
  expect(addresses.stdout).toContain("10.0.1.21/25");
  expect((await exec(lab, "one", ["cat", "/root/kept"])).stdout).toBe("kept");
});

it("systemd accepts the names of scopes unchanged", async () => {
  const scope = scopeName("hapair-2", "haproxy1.forward");
  const argv = ["systemd-run", "--quiet", "--scope", "--slice=machine.slice", `--unit=${scope}`];
  const { stdout, stderr } = await exec(lab, "one", [...argv, "cat", "/proc/self/cgroup"]);
  expect({ stdout, stderr }).toEqual({
    stdout: expect.stringMatching(`/machine.slice/${scope}$`),
    stderr: "",
  });
});

it("an image's build outlives the command that started it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "path-"));
  // Like the real one, it writes to its output after the command has been killed.
  const fake = [
    "#!/bin/sh",
    'for image; do :; done; touch "$0.began"',
    'until [ -e "$0.go" ]; do sleep 0.05; done',
    'echo building && sleep 0.2 && echo built && mkdir "$image"',
  ].join("\n");
  const mmdebstrap = join(folder, "mmdebstrap");
  writeFileSync(mmdebstrap, fake, { mode: 0o755 });
  const wanted = { packages: ["t-changes"], user: "admin" };
  const image = imagePath(wanted);
  rmSync(image, { recursive: true, force: true });

  const program = `import("${root}/lab/image/baseImage.ts").then(({ baseImage }) => baseImage(${JSON.stringify(wanted)}))`;
  const caller = execa(process.execPath, ["-e", program], {
    reject: false,
    env: { PATH: `${folder}:${process.env.PATH}` },
  });
  await expect.poll(() => existsSync(`${mmdebstrap}.began`), { timeout: 10_000 }).toBe(true);
  caller.kill("SIGKILL");
  await caller;
  writeFileSync(`${mmdebstrap}.go`, "");
  await expect.poll(() => existsSync(image), { timeout: 5000 }).toBe(true);
  for (const path of [image, `${image}.log`, folder]) rmSync(path, { recursive: true });
});

it("a machine keeps its disk under a newer image, and `up` says how to replace it", async () => {
  const stored = readNetwork(lab);
  if (stored === undefined) throw new Error("the lab has no network");
  const other = mkdtempSync(join(tmpdir(), "image-"));
  writeNetwork(lab, { ...stored, base: other });
  const words = await said(() => up(lab, "one", spec("10.0.1.21", port1)));
  expect(words).toMatch(/machine one .* keeps its disk, made from an older image: .*lab down one --purge/);
  expect(readMachine(lab, "one")?.base).toBe(stored.base);
  expect(formatStatus(status(lab))).toMatch(/^ {2}one .*disk of an older image/m);
  writeNetwork(lab, stored);
  rmSync(other, { recursive: true });
});

it("the remains of an interrupted purge are never booted: the next `up` makes a new disk", async () => {
  const held = `${upperDir(lab, "one")}/srv/held`;
  await exec(lab, "one", ["sh", "-c", "mkdir /srv/held && echo old > /srv/held/mark && sync"]);
  await down(lab, "one");
  // Files under a mount cannot be removed, so the purge fails in the middle.
  await execa("mount", ["-t", "tmpfs", "tmpfs", held]);
  await expect(down(lab, "one", { purge: true }))
    .rejects.toThrow("busy")
    .finally(() => execa("umount", [held]));
  expect([existsSync(machineFile(lab, "one")), existsSync(`${held}/mark`)]).toEqual([false, true]);
  expect(machineOf("one")?.state).toBe("missing");
  await upAll(lab);
  expect(machineOf("one")?.state).toBe("missing");
  await up(lab, "one", spec("10.0.1.21", port1));
  expect((await exec(lab, "one", ["ls", "/srv"])).stdout).toBe("");
});

it("`network down` ends the application server's processes, whatever kill(1) this host has", async () => {
  const folder = mkdtempSync(join(tmpdir(), "path-"));
  writeFileSync(join(folder, "kill"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  const [file = "", ...args] = execArgv(lab, "app", ["sh", "-c", "echo begun; exec sleep 20"]);
  const sleeper = execa(file, args, { reject: false });
  await once(sleeper.stdout, "data");
  const path = process.env.PATH;
  process.env.PATH = `${folder}:${path}`;
  try {
    await networkDown(lab);
  } finally {
    process.env.PATH = path;
    rmSync(folder, { recursive: true });
  }
  expect((await sleeper).signal).toBe("SIGKILL");
});
