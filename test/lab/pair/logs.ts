import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { poolersUp } from "../../../drills/observe/daemons.ts";
import { kill } from "../../../lab/faults/power.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { up } from "../../../lab/machine/up.ts";
import { poolersOf } from "../../../topology/pool.ts";
import { type LabPair, roles } from "./labPair.ts";

/** Lines that arrive at the log server. */
export function logTests(lab: () => LabPair): void {
  const arrives = (pattern: RegExp) =>
    expect
      .poll(() => lab().logs.messages.some((message) => pattern.test(message)), {
        timeout: 15_000,
        message: `${pattern} at the log server`,
      })
      .toBe(true);

  it("a line logged on any host arrives with the host's name", async () => {
    for (const machine of lab().machines) {
      const mark = randomUUID();
      await exec(lab().lab, machine, ["logger", "-t", "test", mark]);
      await arrives(new RegExp(` ${machine} test:? .*${mark}`));
    }
  });

  it("haproxy's line about a connection arrives from either node", async () => {
    const client = String.raw`exec 3<>/dev/tcp/127.0.0.1/5432; printf '\0\0\0\x08\x04\xd2\x16\x2f' >&3; head -c 1 <&3`;
    for (const { name } of lab().pair.nodes) {
      const before = lab().logs.messages.length;
      expect((await exec(lab().lab, name, ["bash", "-c", client])).stdout).toBe("N");
      const line = new RegExp(` ${name} haproxy\\[\\d+\\]: .* postgresql poolers/db1-\\d+ `);
      await expect
        .poll(
          () =>
            lab()
              .logs.messages.slice(before)
              .some((message) => line.test(message)),
          {
            timeout: 15_000,
          },
        )
        .toBe(true);
    }
  });

  it("keepalived's lines arrive and are in the journal", async () => {
    const { backup } = await roles(lab());
    await exec(lab().lab, backup, ["systemctl", "reload", "keepalived"]);
    await arrives(new RegExp(` ${backup} Keepalived(_vrrp)?\\[\\d+\\]: .*[Rr]eload`));
    const journal = await exec(lab().lab, backup, ["journalctl", "-u", "keepalived", "-o", "cat"]);
    expect(journal.stdout).toMatch(/reload/i);
  });

  it("a host that boots loses no line and logs no error about a network that is not up yet", async () => {
    const { backup } = await roles(lab());
    kill(lab().lab, backup);
    await up(lab().lab, backup);
    const mark = randomUUID();
    await exec(lab().lab, backup, ["logger", "-t", "test", mark]);
    await arrives(new RegExp(` ${backup} test:? .*${mark}`));
    const { stdout } = await exec(lab().lab, backup, ["journalctl", "-b", "-u", "rsyslog", "-o", "cat"]);
    expect(stdout).not.toContain("unreachable");
    const serves = () => poolersUp(lab().lab, backup);
    await expect.poll(serves, { timeout: 20_000 }).toBe(poolersOf(lab().pair).length);
  });
}
