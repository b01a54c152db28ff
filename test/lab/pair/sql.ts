import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { execa } from "execa";
import { expect, it } from "vitest";
import { psqlAccess } from "../../../cli/clients/clientFiles.ts";
import { shippedStack } from "../../../cli/config/stackConfig.ts";
import { exec, execArgv } from "../../../lab/machine/exec.ts";
import { ask, connected } from "./client.ts";
import type { LabPair } from "./labPair.ts";

/** SQL through the virtual address and the poolers, as the application uses it. */
export function sqlTests(lab: () => LabPair): void {
  /** psql on the application server, as the application's role, with SQLSTATEs in its messages. */
  const psqlArgv = (query: string) => {
    const { url, passFile } = psqlAccess(
      lab().stack.home,
      { stack: shippedStack, name: lab().pair.name },
      lab().databaseUrl,
    );
    const psql = ["psql", "-X", "-At", "-v", "VERBOSITY=verbose", "-d", url, "-c", query];
    return execArgv(lab().lab, "app", ["env", `PGPASSFILE=${passFile}`, ...psql]);
  };

  it("a query from this host and from the application server runs as the application's role", async () => {
    expect(await ask(lab().forwardedUrl, "select current_user")).toBe(lab().pool.database.user);
    const [file = "", ...args] = psqlArgv("select current_user");
    expect((await execa(file, args)).stdout).toBe(lab().pool.database.user);
  });

  it("a wrong password is refused", async () => {
    const url = new URL(lab().forwardedUrl);
    url.password = "wrong";
    await expect(ask(url.href, "select 1")).rejects.toThrow("authentication failed");
  });

  it("the superuser cannot log in through the pair, even with its right password", async () => {
    const url = new URL(lab().forwardedUrl);
    url.username = "postgres";
    url.password = "just-for-this-test";
    const psql = (statement: string) =>
      exec(lab().lab, lab().db.name, ["runuser", "-u", "postgres", "--", "psql", "-Xc", statement]);
    expect((await psql(`alter role postgres password '${url.password}'`)).exitCode).toBe(0);
    try {
      await expect(ask(url.href, "select 1")).rejects.toThrow("no such user");
    } finally {
      await psql("alter role postgres password null");
    }
  });

  it("a cancel request reaches its query, whichever pooler receives it", async () => {
    const sleepers = Array.from({ length: 16 }, (_, number) => {
      const [file = "", ...args] = psqlArgv(`select pg_sleep(30) as sleeper_${number}`);
      const child = spawn(file, args, { stdio: ["ignore", "ignore", "pipe"] });
      return { child, said: text(child.stderr), exit: once(child, "exit") };
    });
    const asleep = () =>
      ask(
        lab().forwardedUrl,
        "select count(*)::int from pg_stat_activity where state = 'active' and query ~ '^select pg_sleep'",
      );
    await expect.poll(asleep, { timeout: 15_000 }).toBe(sleepers.length);

    // On SIGINT psql sends a cancel request over a new connection.
    const cancel = async (some: typeof sleepers) => {
      for (const { child } of some) child.kill("SIGINT");
      return Promise.all(some.map(({ said }) => said));
    };
    const begun = Date.now();
    for (const said of await cancel(sleepers.slice(0, 12))) expect(said).toContain("57014");
    expect(Date.now() - begun, "ms until twelve were cancelled").toBeLessThan(5000);
    expect(await asleep()).toBe(4);
    for (const said of await cancel(sleepers.slice(12))) expect(said).toContain("57014");
    await Promise.all(sleepers.map(({ exit }) => exit));
  });

  it("many clients share the pool's server connections, with prepared statements", async () => {
    const { pool } = lab();
    const clients = await Promise.all(
      Array.from({ length: pool.ports.length * pool.size + 20 }, () => connected(lab().forwardedUrl)),
    );
    try {
      const answers = await Promise.all(
        clients.map(async (client, number) => {
          const backends: number[] = [];
          for (let round = 0; round < 4; round++) {
            const { rows } = await client.query<{ sum: number; backend: number }>({
              name: "sum",
              text: "select $1::int + $2::int as sum, pg_backend_pid() as backend",
              values: [number, round],
            });
            expect(rows[0]?.sum).toBe(number + round);
            backends.push(rows[0]?.backend ?? 0);
          }
          return backends;
        }),
      );
      expect(new Set(answers.flat()).size).toBeLessThanOrEqual(pool.ports.length * pool.size);
      expect(
        answers.some((backends) => new Set(backends).size > 1),
        "one statement ran on several server connections",
      ).toBe(true);
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it("a transaction is committed whole or rolled back whole", async () => {
    const { forwardedUrl } = lab();
    const client = await connected(forwardedUrl);
    try {
      await client.query("create table kept (number int)");
      await client.query("begin");
      await client.query("insert into kept values (1)");
      await client.query("rollback");
      await client.query("begin");
      await client.query("insert into kept values (2)");
      expect(await ask(forwardedUrl, "select count(*)::int from kept"), "seen before its commit").toBe(0);
      await client.query("commit");
      expect(await ask(forwardedUrl, "select sum(number)::int from kept")).toBe(2);
    } finally {
      await client.query("drop table if exists kept");
      await client.end();
    }
  });
}
