import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import pg from "pg";
import { expect, it } from "vitest";
import { poolersOf } from "../../../topology/pool.ts";
import { must } from "../hosts/onHost.ts";
import { ask } from "./client.ts";
import type { LabPair } from "./labPair.ts";

/** What the pooler and haproxy change for an application (docs/application.md). */
export function applicationTests(lab: () => LabPair): void {
  const withOptions = (options: string) => {
    const url = new URL(lab().forwardedUrl);
    url.searchParams.set("options", options);
    return url.href;
  };

  it("a session that asks to be read-only is, and the next client of its server connection is not", async () => {
    const readOnly = withOptions("-c default_transaction_read_only=on");
    await expect(ask(readOnly, "create table written (number int)")).rejects.toThrow("read-only transaction");
    for (let client = 0; client < lab().pool.ports.length * 2; client += 1)
      expect(await ask(lab().forwardedUrl, "show default_transaction_read_only")).toBe("off");
  });

  it.each(["search_path=audit", "statement_timeout=1000", "default_transaction_isolation=serializable"])(
    "a setting that the pooler cannot keep apart is refused by its name: %s",
    async (setting) => {
      const [name = ""] = setting.split("=");
      await expect(ask(withOptions(`-c ${setting}`), "select 1")).rejects.toThrow(name);
    },
  );

  it("a statement that fails after a migration works again after pool reconnect", async () => {
    const { lab: name, pair, db, forwardedUrl } = lab();
    const client = new pg.Client({ connectionString: forwardedUrl });
    client.on("error", () => undefined);
    await client.connect();
    const prepared = () => client.query({ name: "all", text: "select * from migrated" });
    try {
      await client.query("create table migrated (one int)");
      await prepared();
      await client.query("alter table migrated add column two int");
      await expect(prepared()).rejects.toThrow("cached plan must not change result type");
      const done = await must(name, db.name, ["hapair", "pool", "reconnect"]);
      expect(done.stdout.trim().split("\n")).toEqual(
        poolersOf(pair).map(({ port }) => `${port}  reconnect: done`),
      );
      await expect.poll(() => prepared().then(({ fields }) => fields.length, String)).toBe(2);
    } finally {
      await client.query("drop table if exists migrated");
      await client.end();
    }
  });

  it("pool show lists the clients of every pooler, as JSON too", async () => {
    const { lab: name, pair, db } = lab();
    const { stdout } = await must(name, db.name, ["hapair", "pool", "show", "--json"]);
    const answers = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(answers.map(({ port }) => port)).toEqual(poolersOf(pair).map(({ port }) => port));
    expect(answers[0].rows[0]).toHaveProperty("cl_active");
  });

  it("a query whose client is gone ends, and so do its locks", async () => {
    const { forwardedUrl } = lab();
    const gone = spawn(process.execPath, ["-e", longQuery, forwardedUrl], { stdio: "ignore" });
    const running = () =>
      ask(
        forwardedUrl,
        "select count(*)::int from pg_stat_activity where state = 'active' and query ~ '^select pg_sleep\\(600'",
      );
    await expect.poll(running, { timeout: 10_000 }).toBe(1);
    gone.kill("SIGKILL");
    await expect.poll(running, { timeout: 10_000 }).toBe(0);
  });

  it("who says nothing, or something that is not PostgreSQL's protocol, is closed within seconds", async () => {
    const { hostname, port } = new URL(lab().forwardedUrl);
    for (const words of ["", "GET / HTTP/1.0\r\n\r\n"]) {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on("error", () => undefined);
      if (words !== "") socket.write(words);
      const begun = Date.now();
      await once(socket.resume(), "close");
      expect(Date.now() - begun).toBeLessThan(8000);
    }
  });
}

const longQuery = `import("pg").then(async ({ default: pg }) => {
  const client = new pg.Client({ connectionString: process.argv[1] });
  await client.connect();
  await client.query("select pg_sleep(600)");
})`;
