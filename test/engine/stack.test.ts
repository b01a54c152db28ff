import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitForSql } from "../../cli/clients/waitForSql.ts";
import { previewStack } from "../../cli/engine/engineUp.ts";
import { type HostStatus, holdersOf, hostStatuses } from "../../cli/hosts/ask.ts";
import { rollOut } from "../../cli/rollOut.ts";
import { labState, removeLab } from "../../cli/targets/lab/lab.ts";
import { labOf } from "../../cli/targets/lab/target.ts";
import type { StackOutputs } from "../../contract/stackOutputs.ts";
import { kill } from "../../lab/faults/kill.ts";
import { down } from "../../lab/machine/down.ts";
import { exec } from "../../lab/machine/exec.ts";
import { type PreparedStack, preparedStack } from "../harness/testStack.ts";
import { type UserCommands, userCommands } from "../harness/userCommands.ts";

/** The life of a stack under the real engine, from nothing to nothing; each test goes on where the one before ended. */

const lab = "t-engine";
let prepared: PreparedStack;
let start: UserCommands;
const command = (...args: readonly string[]) => start(...args).ended;

beforeAll(async () => {
  prepared = await preparedStack(lab, 2);
  start = userCommands(prepared);
});
afterAll(async () => {
  await removeLab(lab);
  rmSync(prepared.home.folder, { recursive: true });
});

const outputs = (): Promise<StackOutputs> => prepared.outputs();
const statuses = async (): Promise<HostStatus[]> => hostStatuses((await outputs()).ssh);
const bundlesLive = async () =>
  Object.fromEntries((await statuses()).map(({ host, report }) => [host, report?.bundle.live]));

const bundlesPutOut = async () => {
  const { pairs, internet } = await outputs();
  return { ...pairs.pg?.bundles, internet: internet?.bundle };
};

/** Work of the engine besides what stays the same. */
function work(changes: Readonly<Record<string, number>>): Record<string, number> {
  const { same: _, ...rest } = changes;
  return rest;
}

describe("a stack", () => {
  test("is previewed before anything is made: every file of every host, and nothing is touched", async () => {
    const { stack } = await prepared.open();
    const { hosts } = await previewStack(stack);
    expect(hosts.map(({ host }) => host).sort()).toEqual(["db1", "haproxy1", "haproxy2", "internet"]);
    for (const { files } of hosts) expect(files.every(({ change }) => change === "new")).toBe(true);
    expect((await labState(lab)).known).toBe(false);
  });

  test("with a bad config fails with every path, before anything is touched", async () => {
    const { stack } = await prepared.open();
    await stack.setConfig("hapair:target", { value: "moon" });
    await stack.setConfig("hapair:netwrok", { value: "x" });
    await expect(previewStack(stack)).rejects.toThrow(
      /netwrok: unknown key; did you mean network\?[\s\S]*target: /,
    );
    expect((await labState(lab)).known).toBe(false);
  });

  test.each(["sqlPort", "statsPort", "socksPort"] as const)(
    "whose %s is taken names the port and its remedy, before anything is touched",
    async (key) => {
      const { topology } = await prepared.open();
      const port = labOf(topology, "this test")[key];
      const taken = createServer().listen(port, "127.0.0.1");
      await once(taken, "listening");
      await expect(prepared.configure()).rejects.toThrow(
        `Port 127.0.0.1:${port} is taken by another program; stop that one (find it: ss -ltnp 'sport = :${port}') or choose another port.`,
      );
      taken.close();
      expect((await labState(lab)).known).toBe(false);
    },
  );

  test("comes up, with a holder, and SQL gets through by the URL it puts out", async () => {
    const { changes } = await prepared.configure();
    expect(changes.create).toBeGreaterThan(20);
    const { pairs } = await outputs();
    expect(pairs.pg?.vip).toBe("10.0.1.100");
    expect(pairs.pg?.databaseUrl).toMatch(/^postgresql:\/\/app:[^@]{32}@10\.0\.1\.100:5432\/postgres$/);
    await waitForSql(pairs.pg?.reach?.databaseUrl ?? "", 30_000);
    expect(holdersOf(await statuses())).toHaveLength(1);
  });

  test("puts out the bundles that are live on the hosts", async () => {
    expect(await bundlesPutOut()).toEqual(await bundlesLive());
  });

  test("keeps no password and no key in plain text in its state, which is for its owner alone", async () => {
    const { pairs, ssh } = await outputs();
    const password = new URL(pairs.pg?.databaseUrl ?? "").password;
    const key = Object.values(ssh)[0]?.privateKey.split("\n")[1] ?? "";
    expect(password).not.toBe("");
    expect(key).not.toBe("");
    const state = join(prepared.home.folder, "state");
    const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.length).toBeGreaterThan(0);
    for (const { parentPath, name } of files) {
      const text = readFileSync(join(parentPath, name), "utf8");
      for (const secret of [password, pairs.pg?.statsPassword ?? "", key])
        expect(text.includes(secret)).toBe(false);
    }
    expect(statSync(prepared.home.folder).mode & 0o777).toBe(0o700);
  });

  test("that is up to date has nothing to do, by two commands at once of which one waits for the other", async () => {
    const ended: string[] = [];
    const up = async (name: string) => {
      const { exitCode, stdout, stderr } = await start("up", "--json").ended;
      ended.push(name);
      expect(exitCode, stderr).toBe(0);
      expect(work(JSON.parse(stdout).changes)).toEqual({});
    };
    const first = up("first");
    await expect.poll(isLocked, { timeout: 20_000 }).toBe(true);
    await Promise.all([first, up("second")]);
    expect(ended).toEqual(["first", "second"]);
  });

  test("answers status, with one holder and every host", async () => {
    const { exitCode, stdout, stderr } = await command("status", "--json");
    expect(exitCode, stderr).toBe(0);
    const { hosts } = JSON.parse(stdout);
    expect(holdersOf(hosts)).toHaveLength(1);
    expect(
      Object.fromEntries(hosts.map(({ host, report }: HostStatus) => [host, report?.bundle.live])),
    ).toEqual(await bundlesPutOut());
    const readable = await command("status");
    expect(readable.exitCode).toBe(0);
    expect(readable.stdout).toMatch(/^pg: 10\.0\.1\.100 is held by haproxy[12]\n/);
  });

  test("is asked by psql, whose exit status is the command's own", async () => {
    const answer = await command("psql", "-Atc", "select 1");
    expect(answer).toMatchObject({ exitCode: 0, stdout: "1" });
    const failed = await command("psql", "-Atc", "select 1/0");
    expect(failed).toMatchObject({ exitCode: 1, stderr: "ERROR:  division by zero" });
  });

  test("is rendered for reading, with no secret", async () => {
    const folder = join(prepared.home.folder, "rendered");
    const { exitCode, stdout } = await command("render", "--out", folder);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/haproxy1: \d+ files/);
    const agent = readFileSync(join(folder, "haproxy1/etc/hapair/agent.json"), "utf8");
    expect(agent).toContain("[secret]");
  });

  const smaller = { pair: { haproxy: { maxConnections: 3000 } } };

  test("tells a change's diff file by file, and only of the hosts that it touches", async () => {
    const { stack } = await prepared.open(smaller);
    const { hosts } = await previewStack(stack);
    expect(hosts.map(({ host }) => host).sort()).toEqual(["haproxy1", "haproxy2"]);
    for (const { files } of hosts) {
      expect(files.map(({ path, change }) => [path, change])).toEqual([
        ["etc/haproxy/haproxy.cfg", "changed"],
      ]);
      expect(files[0]?.diff).toContain("-    maxconn 4000\n+    maxconn 3000\n");
    }
  });

  test("takes a change to both nodes, and the others keep what they have", async () => {
    const before = await bundlesLive();
    await prepared.configure(smaller);
    const after = await bundlesLive();
    expect([after.db1, after.internet]).toEqual([before.db1, before.internet]);
    for (const node of ["haproxy1", "haproxy2"]) expect(after[node]).not.toBe(before[node]);
    expect(await bundlesPutOut()).toEqual(after);
  });

  test("that somebody has moved away from says so, and up brings its hosts back, the holder too", async () => {
    const before = await bundlesLive();
    const [holder = ""] = holdersOf(await statuses());
    await exec(lab, holder, ["hapair", "rollback"]);
    const journal = { kind: "rollback", from: before.db1, to: before.db1, startedAt: "", touched: [] };
    const interrupted = JSON.stringify({ ...journal, linked: [], ran: [] });
    await exec(lab, "db1", ["sh", "-c", 'echo "$0" > /var/lib/hapair/transaction.json', interrupted]);

    const told = await command("status");
    expect(told.exitCode).toBe(1);
    expect(told.stdout).toMatch(
      /is live, not what the stack delivered \([0-9a-f]{12}\): npm run up brings it/,
    );
    expect(told.stdout).toMatch(/a rollback to [0-9a-f]{12} was interrupted: npm run up brings it back/);
    const previewed = await command("preview");
    expect(previewed.stdout).toMatch(
      /^db1: a rollback to [0-9a-f]{12} was interrupted: npm run up brings it/m,
    );

    const { exitCode, stdout, stderr } = await command("up", "--json");
    expect(exitCode, stderr).toBe(0);
    // Nothing of the other node, whose bundle is live.
    expect(work(JSON.parse(stdout).changes)).toEqual({ replace: 3 });
    expect(stderr).toMatch(/^db1: a rollback to [0-9a-f]{12} was interrupted: bringing it back/m);
    expect(stderr).toMatch(
      new RegExp(`^${holder}: [0-9a-f]{12} is live, not what .*: bringing it back`, "m"),
    );
    expect(await bundlesLive()).toEqual(before);
    expect((await command("status")).exitCode).toBe(0);
    expect(work(JSON.parse((await command("up", "--json")).stdout).changes)).toEqual({});
  });

  test("whose secrets are missing or unusable says so before a machine is touched", async () => {
    const before = await labState(lab);
    const renamed = {
      config: { secrets: "config" },
      pair: { pool: { name: "db9", address: "10.0.1.39" } },
    };
    await expect(prepared.configure(renamed)).rejects.toThrow("passwords.pg.database: is missing");

    const { stack, topology } = await prepared.open(renamed);
    for (const name of ["database", "probe", "stats"])
      await stack.setConfig(`hapair:passwords.pg.${name}`, { value: `${name}\n`, secret: true }, true);
    const refused = rollOut(Promise.resolve(stack), topology);
    await expect(refused).rejects.toThrow("passwords.pg.stats: has a control character or line break");
    expect(await labState(lab)).toEqual(before);
  });

  test("is previewed by a command that tells which file of which host would change", async () => {
    await prepared.open();
    const { exitCode, stdout, stderr } = await command("preview");
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/^haproxy1: 1 file\n {2}changed etc\/haproxy\/haproxy\.cfg\n/m);
    expect(stdout).toContain("+    maxconn 4000\n");
    expect(stdout).toMatch(/^lab, not done yet: /m);
  });

  test("whose up was killed in the middle is finished by the next", async () => {
    const killed = start("up");
    await expect.poll(isUnderWay, { timeout: 20_000 }).toBe(true);
    killed.kill();
    await killed.ended;
    const { exitCode, stderr } = await command("up");
    expect(exitCode, stderr).toBe(0);
    expect(await bundlesPutOut()).toEqual(await bundlesLive());
    expect(work(JSON.parse((await command("preview", "--json")).stdout).changes)).toEqual({});
  });

  test("whose bundle fails on the backup says why in the host's own words, and the holder never gets it", async () => {
    const before = await bundlesLive();
    const [holder = ""] = holdersOf(await statuses());
    const backup = ["haproxy1", "haproxy2"].find((node) => node !== holder) ?? "";
    const squatter = "systemd-run --quiet --unit=squatter python3 -m http.server 8499";
    await exec(lab, backup, [
      "sh",
      "-c",
      `${squatter}; until curl -so /dev/null 127.0.0.1:8499; do sleep 0.05; done`,
    ]);

    const taken = { pair: { haproxy: { statsPort: 8499 } } };
    await expect(prepared.configure(taken)).rejects.toThrow(/8499: the port is taken by python3 \(pid \d+\)/);
    expect(await bundlesLive()).toEqual(before);
    await waitForSql((await outputs()).pairs.pg?.reach?.databaseUrl ?? "", 5_000);

    await exec(lab, backup, ["systemctl", "stop", "squatter"]);
    await prepared.configure(taken);
    expect(await bundlesPutOut()).toEqual(await bundlesLive());
    await prepared.configure(smaller);
  });

  test("finds a machine that lost power and brings it back with its disk", async () => {
    await exec(lab, "haproxy2", ["sh", "-c", "echo kept > /var/tmp/mark && sync"]);
    await kill(lab, "haproxy2");
    const { changes } = await prepared.configure(smaller);
    expect(work(changes)).toEqual({});
    const mark = await exec(lab, "haproxy2", ["cat", "/var/tmp/mark"]);
    expect(mark.stdout).toBe("kept");
  });

  test("makes a machine anew whose disk is gone, and it serves again", async () => {
    await down(lab, "haproxy2", { purge: true });
    await prepared.configure(smaller);
    expect(await bundlesPutOut()).toEqual(await bundlesLive());
    expect(holdersOf(await statuses())).toHaveLength(1);
  });

  test("is gone when destroyed, also where its config is broken, its clone was moved and a first destroy was killed", async () => {
    const { stack } = await prepared.open();
    const moved = JSON.stringify(await stack.exportStack()).replaceAll("lab/main.ts", "moved/lab/main.ts");
    expect(moved).toContain("moved/lab/main.ts");
    await stack.importStack(JSON.parse(moved));
    writeFileSync(prepared.configFile, "config:\n  hapair:target: moon\n  hapair:lab: [\n");

    const killed = start("destroy");
    await expect.poll(async () => (await labState(lab)).running.size, { timeout: 20_000 }).toBeLessThan(4);
    killed.kill();
    await killed.ended;
    const { exitCode, stdout, stderr } = await command("destroy");
    expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: "lab: nothing of it remains" });
    expect(await labState(lab)).toEqual({
      known: false,
      up: false,
      machines: new Set(),
      disks: new Set(),
      running: new Set(),
    });
    await expect(outputs()).rejects.toThrow("the stack lab is not up: npm start");
  });
});

/** Whether a command holds the lock of the stack's folder. */
function isLocked(): boolean {
  return spawnSync("flock", ["--nonblock", prepared.home.lockFile, "true"]).status === 1;
}

/** Whether the engine works on the stack: the state has its lock. */
function isUnderWay(): boolean {
  const locks = join(prepared.home.state, ".pulumi/locks");
  return (
    existsSync(locks) &&
    readdirSync(locks, { recursive: true, withFileTypes: true }).some((entry) => entry.isFile())
  );
}
