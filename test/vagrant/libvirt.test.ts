import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startLibvirt } from "./bed/libvirt.ts";
import { type BedPair, openPair } from "./pair.ts";

/** The same pair on libvirt, in short. One story: each test begins where the one before it ended. */

let opened: BedPair | undefined;
const pair = (): BedPair => {
  if (opened === undefined) throw new Error("the bed is not there");
  return opened;
};
beforeAll(async () => {
  opened = await openPair("vagrant-libvirt", "libvirt");
  await startLibvirt(opened.bed);
}, 120_000);
afterAll(() => opened?.bed.close());

describe("a pair on libvirt", () => {
  test("npm run up makes it on a bridge that exists", async () => {
    await pair().npm("up", "--", "vagrant");
  }, 900_000);

  test("the virtual address answers from the laptop", async () => {
    expect(await pair().sql("select 40 + 2")).toBe("42");
    await expect.poll(() => pair().servedBy(), { timeout: 10_000 }).toMatch(/^haproxy[12]$/);
  }, 60_000);

  test("npm run destroy leaves no machine and no disk", async () => {
    await pair().npm("destroy", "--", "vagrant");
    const { output } = await pair().bed.run([
      "virsh",
      "--connect",
      "qemu:///system",
      "list",
      "--all",
      "--name",
    ]);
    expect(output.trim()).toBe("");
    const volumes = await pair().bed.run(["virsh", "--connect", "qemu:///system", "vol-list", "default"]);
    expect(volumes.output).not.toMatch(/haproxy|db1/);
  }, 60_000);
});
