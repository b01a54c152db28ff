import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { waitForSql } from "../../../cli/clients/waitForSql.ts";
import { kill } from "../../../lab/faults/power.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { liveBundle, must } from "../hosts/onHost.ts";
import type { BareLab, MachineLogin } from "./bareLab.ts";
import { holds, letHold, watchStays } from "./holder.ts";
import { databaseUrl, watchSql } from "./sql.ts";

/** Keys of the config that change after the hosts have come up, and hosts that leave it; `spare` is one that replaces another. */
export function changeTests(lab: () => BareLab, spare: () => MachineLogin): void {
  const up = (...args: readonly string[]) => lab().command("up", "hosts", ...args).ended;

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
    await letHold(lab().lab, "haproxy2", "haproxy1");
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

    const watched = watchHolders(lab().lab, ["haproxy1", "haproxy2"]);
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
  });

  test("a roll-out that fails after a node has joined gives that node back before its peer forgets it; the next one has it join", {
    timeout: 300_000,
  }, async () => {
    const before = await liveBundle(lab().lab, "haproxy1");
    const served = watchSql(await databaseUrl(lab()));
    const stays = watchStays(lab().lab, "haproxy1", ["haproxy2"]);
    // The last thing that the roll-out does on the holder: it applies what it has, which changes nothing.
    const kills = "until pkill -KILL -f '/hapair apply [0-9a-f]{64}$'; do sleep 0.02; done";
    const killed = must(lab().lab, "haproxy1", ["timeout", "200", "sh", "-c", kills]);
    const failed = await up();
    await killed;
    expect(failed.exitCode).toBe(1);
    expect(failed.stderr).toContain("haproxy2: is new to its pair, which is to forget it: giving it back");
    expect((await liveBundle(lab().lab, "haproxy1")).sha).toBe(before.sha);
    const program = await exec(lab().lab, "haproxy2", ["test", "-e", "/usr/local/sbin/hapair"]);
    expect(program.exitCode, "hapair on haproxy2").toBe(1);

    const { exitCode, stderr } = await up();
    const seen = await stays.stop();
    const { failures } = await served.stop();
    expect(exitCode, stderr).toBe(0);
    expect({ ...seen, failures }).toEqual({ elsewhere: [], takers: [], failures: [] });
    const status = await lab().command("status", "hosts").ended;
    expect(status.exitCode, status.stdout).toBe(0);
  });

  test("a node that is dead and has left the config is let go on demand, and its successor joins without a moment of two holders or of none", {
    timeout: 400_000,
  }, async () => {
    await letHold(lab().lab, "haproxy1", "haproxy2");
    kill(lab().lab, "haproxy2");
    const { haproxy1, db1 } = lab().logins;
    lab().configurePair({
      nodes: [
        { name: "haproxy1", address: "10.0.1.20" },
        { name: "haproxy3", address: "10.0.1.22" },
      ],
    });
    lab().configure({}, { machines: { haproxy1, haproxy3: spare(), db1 } });
    const url = await databaseUrl(lab());
    await waitForSql(url, 30_000);
    const served = watchSql(url);

    const before = await liveBundle(lab().lab, "haproxy1");
    const blocked = await up();
    expect(blocked.exitCode).toBe(1);
    expect(blocked.stderr).toMatch(/^haproxy2: does not answer at admin@127\.0\.0\.1:/m);
    expect(blocked.stderr).toContain("npm run up -- hosts --without haproxy2");
    expect((await liveBundle(lab().lab, "haproxy1")).sha).toBe(before.sha);
    const untouched = await exec(lab().lab, "haproxy3", ["test", "-e", "/usr/sbin/haproxy"]);
    expect(untouched.exitCode, "packages on haproxy3").toBe(1);

    const stays = watchStays(lab().lab, "haproxy1", ["haproxy3"]);
    const { exitCode, stderr } = await up("--without", "haproxy2");
    const seen = await stays.stop();
    const { queries, failures } = await served.stop();
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain("hosts: haproxy2 is left as it is");
    console.log(`${queries} queries`);
    expect({ ...seen, failures }).toEqual({ elsewhere: [], takers: [], failures: [] });
    const status = await lab().command("status", "hosts").ended;
    expect(status.exitCode, status.stdout).toBe(0);
    expect(status.stdout).toMatch(/pg: 10\.0\.1\.100 is held by haproxy1/);
    expect(status.stdout).not.toContain("haproxy2");

    // The stack has forgotten it: nothing is left to ask, and no demand is needed any more.
    const again = await up("--json");
    expect(again.exitCode, again.stderr).toBe(0);
    expect(Object.keys(JSON.parse(again.stdout).changes)).toEqual(["same"]);
  });
}

/** Asks both nodes again and again; `stop` tells how many times in a row both had the address at most. */
function watchHolders(lab: string, nodes: readonly string[]): { stop(): Promise<number> } {
  let [most, inARow, ended] = [0, 0, false];
  const watching = (async () => {
    while (!ended) {
      // Two answers are not of one moment, so that a single pair of them proves nothing.
      const both = (await Promise.all(nodes.map((node) => holds(lab, node)))).every(Boolean);
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
