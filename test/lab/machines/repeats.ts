import { rmSync } from "node:fs";
import { execa } from "execa";
import { expect, it } from "vitest";
import { leaderPid } from "../../../lab/machine/exec.ts";
import { groupGone, groupsOf, killGroup } from "../../../lab/process/group.ts";
import { status } from "../../../lab/status.ts";
import { lab, network, ok, pings, run, specs } from "./machineLab.ts";

/** Commands that run twice, at once, after a kill or after a reboot: the result is that of one command. */
export function repeatTests(): void {
  it("a second `network up` and a second `up` change nothing", async () => {
    const leader = leaderPid(lab, "one");
    const [first, again] = [await ok("network up", network), await ok("network up")];
    expect(again).toBe(first);
    await ok("up one", specs.one);
    expect(leaderPid(lab, "one")).toBe(leader);
  });

  it("the next `up` finishes one that was killed at any point", async () => {
    for (const afterMs of [250, 400, 600, 900]) {
      await ok("down one --purge");
      const started = run("up one", specs.one);
      setTimeout(() => started.kill("SIGKILL"), afterMs);
      await started;
      await ok("up one", specs.one);
      expect(await pings()).toBe(true);
    }
  });

  it("two `up` at the same time wait for each other and print the same", async () => {
    await ok("kill one");
    const [first, second] = await Promise.all([ok("up one"), ok("up one")]);
    expect(first).toBe(second);
  });

  it("`up` restores the whole lab after a reboot of this host, simulated by killing everything", async () => {
    const groups = groupsOf(lab);
    for (const group of groups) killGroup(lab, group);
    for (const group of groups) expect(await groupGone(lab, group, 10_000)).toBe(true);
    await execa("ip", ["netns", "delete", `hapair-${lab}`]);
    rmSync(`/run/hapair-lab/${lab}`, { recursive: true });
    await ok("up");
    await allIsUp();
  });

  it("`up` replaces forwards that lead into a network that is gone", async () => {
    await ok("kill one");
    await ok("kill two");
    await execa("ip", ["netns", "delete", `hapair-${lab}`]);
    await ok("up");
    await allIsUp();
  });
}

async function allIsUp(): Promise<void> {
  const { machines, forwards } = status(lab);
  expect(machines.map(({ state }) => state)).toEqual(["running", "running"]);
  expect(forwards.map(({ up }) => up)).toEqual([true]);
  expect(await pings()).toBe(true);
}
