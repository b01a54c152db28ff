import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { waitFor } from "../../../base/waitFor.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { must } from "../hosts/onHost.ts";
import type { BareLab } from "./bareLab.ts";

/** Keys of the config that change after the hosts have come up, and a host that leaves it. */
export function changeTests(lab: () => BareLab): void {
  const up = () => lab().command("up", "hosts").ended;
  const holds = async (name: string) =>
    (await exec(lab().lab, name, ["ip", "-brief", "address"])).stdout.includes("10.0.1.100/32");

  test("hosts that have come up are judged by what they answer now, where firewall.ssh and takeOver change", {
    timeout: 120_000,
  }, async () => {
    lab().configure({ firewall: { ssh: ["10.0.1.10/32"] } }, { takeOver: [] });
    const { exitCode, stderr } = await up();
    expect(exitCode, stderr).toBe(0);
    const rules = await must(lab().lab, "haproxy2", ["cat", "/etc/ufw/user.rules"]);
    expect(rules.stdout).toContain("-s 10.0.1.10/32 -j ACCEPT");
  });

  test("a node that leaves the config while it holds the address is given back first, and never do two hold it", {
    timeout: 300_000,
  }, async () => {
    if (await holds("haproxy1")) {
      await must(lab().lab, "haproxy1", ["systemctl", "stop", "keepalived"]);
      const moved = await waitFor(20_000, async () => ((await holds("haproxy2")) ? true : undefined));
      expect(moved).toBe(true);
      await must(lab().lab, "haproxy1", ["systemctl", "start", "keepalived"]);
    }
    // The same machine under another name: the stack's state has a host that the config has not, and the other way.
    await must(lab().lab, "haproxy2", ["hostname", "haproxy3"]);
    const { haproxy1, haproxy2: haproxy3, db1 } = lab().logins;
    lab().configurePair({
      nodes: [
        { name: "haproxy1", address: "10.0.1.20" },
        { name: "haproxy3", address: "10.0.1.21" },
      ],
    });
    lab().configure({}, { machines: { haproxy1, haproxy3, db1 } });

    const watched = watchHolders(holds);
    const { exitCode, stderr } = await up();
    const twice = await watched.stop();
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("hosts: giving haproxy2 back");
    expect(twice).toBeLessThan(3);
    const status = await lab().command("status", "hosts").ended;
    expect(status.exitCode, status.stdout).toBe(0);
    expect(status.stdout).toMatch(/pg: 10\.0\.1\.100 is held by haproxy1/);
    expect(status.stdout).not.toContain("haproxy2");

    await must(lab().lab, "haproxy2", ["hostname", "haproxy2"]);
    lab().configurePair({});
    const back = await up();
    expect(back.exitCode, back.stderr).toBe(0);
  });
}

/** Asks both nodes again and again; `stop` tells how many times in a row both had the address at most. */
function watchHolders(holds: (name: string) => Promise<boolean>): { stop(): Promise<number> } {
  let [most, inARow, ended] = [0, 0, false];
  const watching = (async () => {
    while (!ended) {
      // Two answers are not of one moment, so that a single pair of them proves nothing.
      const both = (await Promise.all([holds("haproxy1"), holds("haproxy2")])).every(Boolean);
      inARow = both ? inARow + 1 : 0;
      most = Math.max(most, inARow);
      await delay(200);
    }
  })();
  return {
    stop: async () => {
      ended = true;
      await watching;
      return most;
    },
  };
}
