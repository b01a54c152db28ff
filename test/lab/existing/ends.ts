import { expect, test } from "vitest";
import { kill } from "../../../lab/faults/power.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../hosts/onHost.ts";
import type { BareLab } from "./bareLab.ts";
import { runsItsOwn } from "./own.ts";
import { isPlainAgain } from "./plainHosts.ts";

const slowUnit = "/run/systemd/system/slow.service";

/** Hosts are given back; one that is gone for good does not keep the stack. */
export function endTests(lab: () => BareLab): void {
  const destroy = (...args: readonly string[]) => lab().command("destroy", "hosts", ...args).ended;

  test("a host that does not answer is not given back, and the stack stays until it is left out on demand", {
    timeout: 400_000,
  }, async () => {
    kill(lab().lab, "haproxy3");
    const kept = await destroy();
    expect(kept.exitCode).toBe(1);
    expect(kept.stderr).not.toContain("removing the lab");
    expect(kept.stderr).toMatch(/^haproxy3 is not given back: /m);
    expect(kept.stderr).toContain("npm run destroy -- hosts --without haproxy3");
    expect((await lab().command("pulumi", "stack", "output", "vip", "--stack", "hosts").ended).stdout).toBe(
      "10.0.1.100",
    );

    const { exitCode, stdout, stderr } = await destroy("--without", "haproxy3");
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toBe("hosts: removed");
    await runsItsOwn(lab());
    await isPlainAgain(lab(), "db1");
    for (const gone of ["/usr/local/sbin/hapair", "/var/lib/hapair"])
      expect((await exec(lab().lab, "db1", ["test", "-e", gone])).exitCode, gone).toBe(1);
    expect((await lab().command("status", "hosts").ended).stderr).toContain("the stack hosts is not up");
  });

  test("a host that comes back when its stack is gone is given back by hand, also while it boots", {
    timeout: 200_000,
  }, async () => {
    await lab().start("haproxy2");
    await waitsForItsStart("hapair.service");
    await must(lab().lab, "haproxy2", ["hapair", "give-back"]);
    await must(lab().lab, "haproxy2", ["sh", "-c", `systemctl stop slow.service; rm ${slowUnit}`]);
    await isPlainAgain(lab(), "haproxy2", true);
  });

  /** As during a boot, when a unit that goes before it takes long. */
  async function waitsForItsStart(unit: string): Promise<void> {
    const slow = `[Unit]\nBefore=${unit}\n[Service]\nType=oneshot\nExecStart=/bin/sleep 100\n`;
    const commands = [
      `cat > ${slowUnit}`,
      "systemctl daemon-reload",
      `systemctl stop ${unit}`,
      `systemctl start --no-block slow.service ${unit}`,
      `systemctl show --property ActiveState,Job ${unit}`,
    ];
    const shown = await must(lab().lab, "haproxy2", ["sh", "-ec", commands.join("\n")], slow);
    expect(shown.stdout.split("\n")).toEqual(["ActiveState=inactive", expect.stringMatching(/^Job=\d+$/)]);
  }
}
