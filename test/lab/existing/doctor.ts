import { expect, test } from "vitest";
import { freeze, thaw } from "../../../lab/faults/power.ts";
import { must } from "../hosts/onHost.ts";
import type { BareLab } from "./bareLab.ts";

/** What stands in the way of a roll-out, told before one. */
export function doctorTests(lab: () => BareLab): void {
  const doctor = async (...args: readonly string[]) => {
    const { exitCode, stdout } = await lab().command("doctor", "hosts", ...args).ended;
    return { exitCode, lines: stdout.split("\n") };
  };

  test("the doctor finds nothing wrong with bare hosts", async () => {
    const { exitCode, lines } = await doctor();
    expect(lines).toEqual(["hosts: nothing is wrong"]);
    expect(exitCode).toBe(0);
  });

  test("the doctor names another program on a pooler's port, and a firewall that is no ufw", async () => {
    const listen =
      "import socket, time; s = socket.create_server(('0.0.0.0', 6433)); print(s); time.sleep(600)";
    await must(lab().lab, "db1", ["systemd-run", "--unit=foreign", "python3", "-c", listen]);
    await must(lab().lab, "haproxy1", [
      ...["systemd-run", "--unit=nftables", "--property=RemainAfterExit=yes", "true"],
    ]);
    const { exitCode, lines } = await doctor();
    await must(lab().lab, "db1", ["systemctl", "stop", "foreign"]);
    await must(lab().lab, "haproxy1", ["systemctl", "stop", "nftables"]);
    expect(lines).toContainEqual(
      expect.stringMatching(/^wrong: db1: pool\.ports \(6433\): the port is taken by python3 \(pid \d+\)/),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^wrong: haproxy1: nftables\.service, another/));
    expect(exitCode).toBe(1);
  });

  test("a host that is silent is unknown to the doctor", { timeout: 120_000 }, async () => {
    freeze(lab().lab, "haproxy2");
    const { exitCode, lines } = await doctor("--json").finally(() => thaw(lab().lab, "haproxy2"));
    const { findings } = JSON.parse(lines[0] ?? "{}");
    expect(findings).toContainEqual({
      verdict: "unknown",
      text: expect.stringMatching(/^haproxy2: does not answer at admin@/),
    });
    expect(exitCode).toBe(3);
  });
}
