import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { waitForSql } from "../../../cli/clients/waitForSql.ts";
import { previewStack } from "../../../cli/engine/engineUp.ts";
import { type HostStatus, holdersOf } from "../../../cli/hosts/ask.ts";
import { labState } from "../../../cli/targets/lab/lab.ts";
import { labOf } from "../../../cli/targets/lab/target.ts";
import { type EngineStack, lab, work } from "./engineStack.ts";

/** From a preview of nothing to a stack that is up and answers the commands. */
export function upTests(engine: () => EngineStack): void {
  test("is previewed with every file of every host, and nothing is made", async () => {
    const { stack } = await engine().prepared.open();
    const { hosts } = await previewStack(stack);
    expect(hosts.map(({ host }) => host).sort()).toEqual(["db1", "haproxy1", "haproxy2", "internet"]);
    for (const { files } of hosts) expect(files.every(({ change }) => change === "new")).toBe(true);
    expect((await labState(lab)).known).toBe(false);
  });

  test("with a bad config reports every path before anything is touched", async () => {
    const { stack } = await engine().prepared.open();
    await stack.setConfig("hapair:target", { value: "moon" });
    await stack.setConfig("hapair:netwrok", { value: "x" });
    await expect(previewStack(stack)).rejects.toThrow(
      /netwrok: unknown key; did you mean network\?[\s\S]*target: /,
    );
    expect((await labState(lab)).known).toBe(false);
  });

  test.each(["sqlPort", "statsPort", "socksPort"] as const)(
    "whose %s is taken names the port and the remedy before anything is touched",
    async (key) => {
      const { topology } = await engine().prepared.open();
      const port = labOf(topology, "this test")[key];
      const taken = createServer().listen(port, "127.0.0.1");
      await once(taken, "listening");
      await expect(engine().prepared.configure()).rejects.toThrow(
        `Port 127.0.0.1:${port} is taken by another program; stop that one (find it: ss -ltnp 'sport = :${port}') or choose another port.`,
      );
      taken.close();
      expect((await labState(lab)).known).toBe(false);
    },
  );

  test("comes up with one holder, and SQL gets through by the URL in its outputs", async () => {
    const { changes } = await engine().prepared.configure();
    expect(changes.create).toBeGreaterThan(20);
    const { pairs } = await engine().outputs();
    expect(pairs.pg?.vip).toBe("10.0.1.100");
    expect(pairs.pg?.databaseUrl).toMatch(/^postgresql:\/\/app:[^@]{32}@10\.0\.1\.100:5432\/postgres$/);
    await waitForSql(pairs.pg?.reach?.databaseUrl ?? "", 30_000);
    expect(holdersOf(await engine().statuses())).toHaveLength(1);
  });

  test("has the live bundles of the hosts in its outputs", async () => {
    expect(await engine().bundlesPutOut()).toEqual(await engine().bundlesLive());
  });

  test("keeps no password or key in plain text in its state, which only its owner can read", async () => {
    const { pairs, ssh } = await engine().outputs();
    const password = new URL(pairs.pg?.databaseUrl ?? "").password;
    const key = Object.values(ssh)[0]?.privateKey?.split("\n")[1] ?? "";
    expect(password).not.toBe("");
    expect(key).not.toBe("");
    const state = join(engine().prepared.home.folder, "state");
    const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    );
    expect(files.length).toBeGreaterThan(0);
    for (const { parentPath, name } of files) {
      const text = readFileSync(join(parentPath, name), "utf8");
      for (const secret of [password, pairs.pg?.statsPassword ?? "", key])
        expect(text.includes(secret)).toBe(false);
    }
    expect(statSync(engine().prepared.home.folder).mode & 0o777).toBe(0o700);
  });

  test("that is up to date has nothing to do, and of two commands at once the second waits for the first", async () => {
    const ended: string[] = [];
    const up = async (name: string) => {
      const { exitCode, stdout, stderr } = await engine().start("up", "--json").ended;
      ended.push(name);
      expect(exitCode, stderr).toBe(0);
      expect(work(JSON.parse(stdout).changes)).toEqual({});
    };
    const first = up("first");
    await expect.poll(isLocked, { timeout: 20_000 }).toBe(true);
    await Promise.all([first, up("second")]);
    expect(ended).toEqual(["first", "second"]);
  });

  test("shows one holder and every host in its status", async () => {
    const { exitCode, stdout, stderr } = await engine().command("status", "--json");
    expect(exitCode, stderr).toBe(0);
    const { hosts } = JSON.parse(stdout);
    expect(holdersOf(hosts)).toHaveLength(1);
    expect(
      Object.fromEntries(hosts.map(({ host, report }: HostStatus) => [host, report?.bundle.live])),
    ).toEqual(await engine().bundlesPutOut());
    const readable = await engine().command("status");
    expect(readable.exitCode).toBe(0);
    expect(readable.stdout).toMatch(/^pg: 10\.0\.1\.100 is held by haproxy[12]\n/);
  });

  test("answers psql, whose exit status is the command's", async () => {
    const answer = await engine().command("psql", "-Atc", "select 1");
    expect(answer).toMatchObject({ exitCode: 0, stdout: "1" });
    const failed = await engine().command("psql", "-Atc", "select 1/0");
    expect(failed).toMatchObject({ exitCode: 1, stderr: "ERROR:  division by zero" });
  });

  test("is rendered for reading, without secrets", async () => {
    const folder = join(engine().prepared.home.folder, "rendered");
    const { exitCode, stdout } = await engine().command("render", "--out", folder);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/haproxy1: \d+ files/);
    const agent = readFileSync(join(folder, "haproxy1/etc/hapair/agent.json"), "utf8");
    expect(agent).toContain("[secret]");
  });

  /** Whether a command holds the lock of the stack's folder. */
  function isLocked(): boolean {
    return spawnSync("flock", ["--nonblock", engine().prepared.home.lockFile, "true"]).status === 1;
  }
}
