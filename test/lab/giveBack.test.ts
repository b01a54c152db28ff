import { afterAll, beforeAll, expect, it } from "vitest";
import { exec } from "../../lab/machine/exec.ts";
import { bundleFor, install, lab, names, startMachines, stopMachines } from "./giveBack/existingHosts.ts";
import { snapshot } from "./giveBack/snapshot.ts";
import { apply } from "./hosts/onHost.ts";

beforeAll(startMachines);
afterAll(stopMachines);

async function applied(name: string, pairChange = {}): Promise<void> {
  const { exitCode, stdout, stderr } = await apply(lab, name, bundleFor(name, pairChange));
  expect([exitCode, stdout + stderr], name).toEqual([0, expect.stringContaining('"outcome":"applied"')]);
}

async function giveBack(name: string): Promise<void> {
  const { exitCode, stdout, stderr } = await exec(lab, name, ["hapair", "give-back", "--json"]);
  expect([exitCode, stdout + stderr], name).toEqual([0, expect.stringContaining('"outcome":"given back"')]);
}

it("plain machines become a pair with a pool, and are given back as they were", async () => {
  const order = [names.pool, names.fresh];
  const before = new Map<string, Awaited<ReturnType<typeof snapshot>>>();
  for (const name of order) {
    before.set(name, await snapshot(name));
    await install(name);
  }
  for (const name of order) await applied(name);
  for (const name of order.toReversed()) {
    await giveBack(name);
    expect(await snapshot(name), name).toEqual(before.get(name));
  }
});
