import { existsSync, readFileSync } from "node:fs";
import { execa } from "execa";
import { expect, it } from "vitest";
import { freeze, kill } from "../../../lab/faults/power.ts";
import { exec, leaderPid } from "../../../lab/machine/exec.ts";
import { up } from "../../../lab/machine/up.ts";
import { consoleLog } from "../../../lab/paths.ts";
import { scopeName } from "../../../lab/process/group.ts";
import { status } from "../../../lab/status.ts";
import { lab, ok, pings, specs, stateOf } from "./machineLab.ts";

/** Machines that stop and start. */
export function powerTests(): void {
  it("a machine keeps its disk and host key over a power cut", async () => {
    const printed = await ok("up one");
    await exec(lab, "one", ["sh", "-c", "echo kept > /root/kept && sync"]);
    for (const _ of ["once", "and where it is down already"]) await ok("kill one");
    expect(stateOf("one")).toBe("stopped");
    expect(await ok("up one")).toBe(printed);
    expect((await exec(lab, "one", ["cat", "/root/kept"])).stdout).toBe("kept");
  });

  it("a power cut closes no connection: no FIN or RST leaves the machine", async () => {
    const hold = `exec 3<>/dev/tcp/${specs.one.address}/22 && cat <&3`;
    const held = exec(lab, "app", ["timeout", "3", "bash", "-c", hold]);
    const connected = async () => (await exec(lab, "app", ["ss", "-tn", "state", "established"])).stdout;
    await expect.poll(connected, { timeout: 2000 }).toContain(`${specs.one.address}:22`);
    await ok("kill one");
    expect(await held).toMatchObject({ exitCode: 124, stdout: expect.stringContaining("SSH-2.0") });
    await ok("up one");
  });

  it("a machine that is started right after a power cut boots again, frozen before or not", async () => {
    for (const before of [() => undefined, () => freeze(lab, "one")]) {
      const leader = leaderPid(lab, "one");
      before();
      kill(lab, "one");
      await up(lab, "one");
      expect(leaderPid(lab, "one")).not.toBe(leader);
      expect(await pings()).toBe(true);
    }
  });

  it("a machine that reboots itself comes back", async () => {
    const leader = leaderPid(lab, "one");
    await exec(lab, "one", ["systemctl", "--no-block", "reboot"]);
    const rebooted = () => ![leader, null].includes(status(lab).machines[0]?.leader ?? null);
    await expect.poll(rebooted, { timeout: 20_000 }).toBe(true);
    await ok("up one");
    expect(await pings()).toBe(true);
  });

  it.runIf(existsSync("/run/systemd/system"))(
    "a shutdown of this host, which stops every scope, shuts a machine down cleanly within seconds",
    async () => {
      const console = () => readFileSync(consoleLog(lab, "one"), "utf8");
      const before = console().length;
      await execa("systemctl", ["stop", scopeName(lab, "one")], { timeout: 15_000 });
      expect(stateOf("one")).toBe("stopped");
      expect(console().slice(before)).toContain("Reached target shutdown.target");
      await ok("up one");
    },
  );

  it("a stopped machine stays stopped, and `up` without a name starts it", async () => {
    await ok("down one");
    expect(stateOf("one")).toBe("stopped");
    await ok("down one");
    await ok("up");
    expect(stateOf("one")).toBe("running");
  });
}
