import { join } from "node:path";
import { execa } from "execa";
import { beforeAll, expect, test } from "vitest";

/** Whom the doctor finds on a network, with the kernel's own ARP. */

const folder = join(import.meta.dirname, "neighbours");
let told: readonly string[];
beforeAll(async () => {
  const ask = [process.execPath, join(folder, "askProgram.ts")];
  const { stdout } = await execa("unshare", ["--net", "sh", join(folder, "network.sh"), ...ask]);
  told = stdout.split("\n");
});

const answers = { state: "answers", link: expect.stringMatching(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/) };

test("an address is this machine's own, another's or free, also where the other's firewall drops or prohibits everything", () => {
  expect(JSON.parse(told[0] ?? "")).toEqual({
    "10.99.0.1": { state: "own" },
    "10.99.0.2": answers,
    "10.99.0.3": { state: "silent" },
    "10.99.0.4": answers,
    "10.99.0.8": answers,
    "10.99.0.200": { state: "elsewhere", device: "br-0a1b2c3d4e5f" },
  });
});

test("an address whose machine has just gone is free, although the kernel still knows its answer", () => {
  expect(told[1]).toMatch(/lladdr .* (REACHABLE|STALE|DELAY)/);
  expect(JSON.parse(told[2] ?? "")).toEqual({ "10.99.0.4": { state: "silent" }, "10.99.0.6": answers });
});
