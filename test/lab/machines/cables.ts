import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { lab, ok, pings, specs, stateOf } from "./machineLab.ts";

/** Machines that are cut off or paused. */
export function cableTests(): void {
  it("a frozen machine answers nothing, its kernel included, until it is thawed", async () => {
    await ok("freeze one");
    expect([stateOf("one"), await pings(), await appReachesOne()]).toEqual(["frozen", false, false]);
    await ok("thaw one");
    expect([stateOf("one"), await pings(), await appReachesOne()]).toEqual(["running", true, true]);
  });

  it.each(["port", "carrier"])(
    "a machine with a cut %s is unreachable until the cut is healed",
    async (how) => {
      await ok(`cut one --how ${how}`);
      expect([await pings(), await appReachesOne()]).toEqual([false, false]);
      const carrier = await exec(lab, "one", ["cat", "/sys/class/net/host0/carrier"]);
      expect(carrier.stdout).toBe(how === "port" ? "1" : "0");
      await ok("heal one");
      await expect.poll(pings, { timeout: 5000 }).toBe(true);
    },
  );

  it.each(["out", "in"])(
    "a cut of one protocol, direction %s, drops packets in that direction only",
    async (direction) => {
      const before = await echoRequestsSeen();
      await ok(`cut one --how proto --proto 1 --direction ${direction}`);
      expect([await pings(), await appReachesOne()]).toEqual([false, true]);
      expect((await echoRequestsSeen()) - before).toBe(direction === "out" ? 3 : 0);
      await ok("heal one");
      expect(await pings()).toBe(true);
    },
  );

  it.each(["out", "in"])(
    "a cut of the direction %s drops everything in that direction only",
    async (direction) => {
      const before = await echoRequestsSeen();
      await ok(`cut one --how direction --direction ${direction}`);
      expect([await pings(), await appReachesOne()]).toEqual([false, false]);
      expect((await echoRequestsSeen()) - before).toBe(direction === "out" ? 3 : 0);
      await ok("heal one");
      await expect.poll(pings, { timeout: 5000 }).toBe(true);
    },
  );

  it("a cut made while the machine is frozen remains after the thaw", async () => {
    await ok("freeze one");
    await ok("cut one");
    await ok("thaw one");
    expect(await pings()).toBe(false);
    await ok("heal one");
    expect(await pings()).toBe(true);
  });
}

/** Whether the application server reaches machine one's sshd. */
async function appReachesOne(): Promise<boolean> {
  const probe = `exec 3<>/dev/tcp/${specs.one.address}/22 && head -c 4 <&3`;
  return (await exec(lab, "app", ["timeout", "1", "bash", "-c", probe])).stdout === "SSH-";
}

/** How many echo requests (ICMP type 8) machine one has received. */
async function echoRequestsSeen(): Promise<number> {
  const { stdout } = await exec(lab, "one", ["grep", "^Icmp:", "/proc/net/snmp"]);
  const [names, values] = stdout.split("\n").map((line) => line.split(" "));
  return Number(values?.[names?.indexOf("InEchos") ?? -1]);
}
