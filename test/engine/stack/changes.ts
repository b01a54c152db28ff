import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { shippedStack } from "../../../cli/config/stackConfig.ts";
import { previewStack } from "../../../cli/engine/engineUp.ts";
import { openStack } from "../../../cli/engine/openStack.ts";
import { holdersOf } from "../../../cli/hosts/ask.ts";
import { rollOut } from "../../../cli/rollOut.ts";
import { openHome } from "../../../cli/session/home.ts";
import { labState } from "../../../cli/targets/lab/lab.ts";
import { exec } from "../../../lab/machine/exec.ts";
import { type EngineStack, lab, smaller, work } from "./engineStack.ts";

/** Changes of the config and of the hosts, shown by a preview and delivered by `up`. */
export function changeTests(engine: () => EngineStack): void {
  test("shows the diff of a change by file, only for the hosts that it changes", async () => {
    const { stack } = await engine().prepared.open(smaller);
    const { hosts } = await previewStack(stack);
    expect(hosts.map(({ host }) => host).sort()).toEqual(["haproxy1", "haproxy2"]);
    for (const { files } of hosts) {
      expect(files.map(({ path, change }) => [path, change])).toEqual([
        ["etc/haproxy/haproxy.cfg", "changed"],
      ]);
      expect(files[0]?.diff).toContain("-    maxconn 5500\n+    maxconn 4500\n");
    }
  });

  test("delivers a change to both nodes, and the other hosts keep their bundles", async () => {
    const before = await engine().bundlesLive();
    await engine().prepared.configure(smaller);
    const after = await engine().bundlesLive();
    expect([after.db1, after.internet]).toEqual([before.db1, before.internet]);
    for (const node of ["haproxy1", "haproxy2"]) expect(after[node]).not.toBe(before[node]);
    expect(await engine().bundlesPutOut()).toEqual(after);
  });

  test("reports hosts that were changed by hand, and up restores them, the holder too", async () => {
    const before = await engine().bundlesLive();
    const [holder = ""] = holdersOf(await engine().statuses());
    await exec(lab, holder, ["hapair", "rollback"]);
    const journal = { kind: "rollback", from: before.db1, to: before.db1, startedAt: "", touched: [] };
    const interrupted = JSON.stringify({ ...journal, linked: [], ran: [] });
    await exec(lab, "db1", ["sh", "-c", 'echo "$0" > /var/lib/hapair/transaction.json', interrupted]);

    const told = await engine().command("status");
    expect(told.exitCode).toBe(1);
    expect(told.stdout).toMatch(
      /is live, not what the stack delivered \([0-9a-f]{12}\): npm run up repairs it/,
    );
    expect(told.stdout).toMatch(/a rollback to [0-9a-f]{12} was interrupted: npm run up repairs it/);
    const previewed = await engine().command("preview");
    expect(previewed.stdout).toMatch(
      /^db1: a rollback to [0-9a-f]{12} was interrupted: npm run up repairs it/m,
    );

    const { exitCode, stdout, stderr } = await engine().command("up", "--json");
    expect(exitCode, stderr).toBe(0);
    // Check and bundle of both, and the node's two later passes. The other node's bundle is live, so that none of its
    // resources is replaced.
    expect(work(JSON.parse(stdout).changes)).toEqual({ replace: 6 });
    expect(stderr).toMatch(/^db1: a rollback to [0-9a-f]{12} was interrupted: restoring what/m);
    expect(stderr).toMatch(new RegExp(`^${holder}: [0-9a-f]{12} is live, not what .*: restoring what`, "m"));
    expect(await engine().bundlesLive()).toEqual(before);
    expect((await engine().command("status")).exitCode).toBe(0);
    expect(work(JSON.parse((await engine().command("up", "--json")).stdout).changes)).toEqual({});
  });

  test("has its stopped daemons shown by status and preview, and up starts them", async () => {
    const [holder = ""] = holdersOf(await engine().statuses());
    const backup = holder === "haproxy1" ? "haproxy2" : "haproxy1";
    await exec(lab, "db1", ["systemctl", "stop", "pgbouncer@6433"]);
    await exec(lab, backup, ["systemctl", "stop", "haproxy"]);

    expect((await engine().command("status")).exitCode).toBe(1);
    const previewed = await engine().command("preview");
    expect(previewed.stdout).toMatch(/^db1: pgbouncer@6433\.service is inactive: npm run up repairs it$/m);

    const { exitCode, stdout, stderr } = await engine().command("up", "--json");
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toMatch(/^db1: pgbouncer@6433\.service is inactive: restoring what/m);
    expect(stderr).toMatch(new RegExp(`^${backup}: haproxy\\.service is inactive: restoring what`, "m"));
    expect(work(JSON.parse(stdout).changes)).toEqual({ replace: 6 });
    expect((await engine().command("status")).exitCode).toBe(0);
    expect(work(JSON.parse((await engine().command("up", "--json")).stdout).changes)).toEqual({});
  });

  test("is previewed although a host does not answer, which is told with the reason, with status 3", async () => {
    await engine().prepared.open();
    const [holder = ""] = holdersOf(await engine().statuses());
    await exec(lab, "db1", ["systemctl", "stop", "ssh"]);
    try {
      const { exitCode, stdout, stderr } = await engine().command("preview");
      expect(exitCode, stderr).toBe(3);
      expect(stdout).toMatch(/^db1 is unknown: .+$/m);
      expect(stdout).toMatch(new RegExp(`^${holder}: 1 file\n {2}changed etc/haproxy/haproxy\\.cfg\n`, "m"));
      const { unknown } = JSON.parse((await engine().command("preview", "--json")).stdout);
      expect(unknown).toContainEqual({ host: "db1", reason: expect.any(String) });
    } finally {
      await exec(lab, "db1", ["systemctl", "start", "ssh"]);
    }
  });

  test("that is rolled out to one host alone has outputs of what each host has", async () => {
    const before = await engine().bundlesLive();
    const { stack } = await engine().prepared.open({ pair: { haproxy: { maxConnections: 3500 } } });
    await stack.up({ target: ["**::haproxy2-bundle"] });
    const put = await engine().bundlesPutOut();
    expect(put.haproxy1).toBe(before.haproxy1);
    expect(put.haproxy2).not.toBe(before.haproxy2);
    await engine().prepared.configure(smaller);
    expect(await engine().bundlesPutOut()).toEqual(await engine().bundlesLive());
  });

  test("keeps its lab from another state of the same clone, whose up says what to do", async () => {
    const before = await engine().bundlesLive();
    const second = openHome(join(engine().prepared.home.folder, "second"));
    const { topology } = await engine().prepared.open();
    const opening = openStack(second, shippedStack, engine().prepared.configFile);
    await expect(rollOut(opening, topology)).rejects.toThrow(
      `Lab ${lab} was made from another state of the engine than this one: use that state, remove the lab first`,
    );
    expect(await engine().bundlesLive()).toEqual(before);
    const answer = await engine().command("psql", "-Atc", "select 1");
    expect(answer).toMatchObject({ exitCode: 0, stdout: "1" });
    rmSync(second.folder, { recursive: true });
  });

  test("with missing or unusable secrets says so before a machine is touched", async () => {
    const before = await labState(lab);
    const renamed = {
      config: { secrets: "config" },
      pair: { pool: { machines: [{ name: "db9", address: "10.0.1.39" }] } },
    };
    await expect(engine().prepared.configure(renamed)).rejects.toThrow("passwords.pg.database: is missing");

    const { stack, topology } = await engine().prepared.open(renamed);
    for (const name of ["database", "probe", "stats"])
      await stack.setConfig(`hapair:passwords.pg.${name}`, { value: `${name}\n`, secret: true }, true);
    const refused = rollOut(Promise.resolve(stack), topology);
    await expect(refused).rejects.toThrow("passwords.pg.stats: has a control character or line break");
    expect(await labState(lab)).toEqual(before);
  });

  test("is previewed by a command that lists the files of each host that would change", async () => {
    await engine().prepared.open();
    const { exitCode, stdout, stderr } = await engine().command("preview");
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^haproxy1: 1 file\n {2}changed etc\/haproxy\/haproxy\.cfg\n/m);
    expect(stdout).toContain("+    maxconn 5500\n");
    expect(stdout).toMatch(/^lab, not done yet: /m);
  });
}
