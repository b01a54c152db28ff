import { existsSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { waitFor } from "../../../base/waitFor.ts";
import { addressProblems } from "../../../laptop/check.ts";
import { Laptop, laptopBundle } from "./standIn.ts";

let laptop: Laptop;
beforeEach(() => {
  laptop = new Laptop();
});
afterEach(() => laptop.remove());

/** The bundle of a pool whose address this machine has, in place of the laptop's. */
const onLoopback = (pool?: Record<string, unknown>) =>
  laptopBundle(pool).text.replaceAll("192.168.1.5", "127.0.0.1");

test("a machine with Docker, the address and free ports carries the pool, and looking changes nothing", async () => {
  const { exitCode, stderr } = await laptop.start(["check", "-"], onLoopback());
  expect(stderr).toBe("");
  expect(exitCode).toBe(0);
  expect(readdirSync(laptop.folder)).toEqual([]);
});

test("an address that is not this machine's is named with those that it has", async () => {
  const { stderr } = await laptop.start(["check", "-"], laptopBundle().text);
  expect(stderr).toMatch(/vagrant\.laptop is 192\.168\.1\.5, and this machine has .*: set it to/);
  expect(
    addressProblems([{ address: "192.168.1.5:6432" }, { address: "127.0.0.1:5432" }], ["10.0.0.7", "::1"]),
  ).toEqual([
    "vagrant.laptop is 192.168.1.5, and this machine has 10.0.0.7: set it to this machine's address on the network, or join that network",
  ]);
  expect(addressProblems([{ address: "192.168.1.5:6432" }], ["192.168.1.5"])).toEqual([]);
});

/** Gives a bundle whose pooler has a port where something listens already. */
async function withTakenPort(work: (text: string, port: number) => Promise<void>): Promise<void> {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  try {
    const { port } = other.address() as { port: number };
    await work(onLoopback({ ports: [port], maxClientConnections: 4000 }), port);
  } finally {
    other.close();
  }
}

test("a port that another program has is named with its key, and one that the pool itself has is not", () =>
  withTakenPort(async (text, port) => {
    const { exitCode, stderr } = await laptop.start(["check", "-"], text);
    expect(stderr).toContain(`pool.ports: 127.0.0.1:${port}: the port is taken by`);
    expect(exitCode).toBe(1);
    expect((await laptop.start(["apply", "-"], text)).stderr).not.toContain("failed");
    expect((await laptop.start(["check", "-"], text)).stderr).toBe("");
    laptop.lose(`pgbouncer-${port}`);
    expect((await laptop.start(["check", "-"], text)).stderr).toContain("the port is taken by");
  }));

test("a port of the pool's own containers is free for it after a first apply that was killed", () =>
  withTakenPort(async (text) => {
    laptop.machine({ hangs: "" });
    const killed = laptop.start(["apply", "-"], text);
    expect(await waitFor(30_000, () => existsSync(laptop.hangs) || undefined)).toBe(true);
    killed.kill("SIGKILL");
    await killed;
    laptop.machine({});
    for (const verb of ["check", "stage"])
      expect((await laptop.start([verb, "-"], text)).stderr, verb).toBe("");
  }));

test.each(["pool/bundles", "pool"])("and is free for it after %s was removed by hand", (folder) =>
  withTakenPort(async (text) => {
    expect((await laptop.start(["apply", "-"], text)).exitCode).toBe(0);
    rmSync(join(laptop.folder, folder), { recursive: true });
    expect((await laptop.start(["check", "-"], text)).stderr).toBe("");
  }),
);

test("a machine whose Docker does not fit is told so before its address and ports are looked at", async () => {
  laptop.machine({ version: '{"Server":{"Platform":{"Name":"Docker Desktop 4.41.2"}}}' });
  const { exitCode, stderr } = await laptop.start(["stage", "-"], laptopBundle().text);
  expect(stderr).toMatch(/^laptop: pool\.on: laptop needs Docker Engine .* this is Docker Desktop/);
  expect(stderr.split("\n")).toHaveLength(1);
  expect(exitCode).toBe(1);
});
