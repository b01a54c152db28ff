import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import { psqlAccess } from "../../../../cli/clients/clientFiles.ts";
import { shippedStack } from "../../../../cli/config/stackConfig.ts";
import { exec } from "../../../../lab/machine/exec.ts";
import { must } from "../../hosts/onHost.ts";
import { ask } from "../client.ts";
import type { LabPair } from "../labPair.ts";

/** What a session may keep: how it is made, and a query that is true where it is there. */
const kept: Readonly<Record<string, readonly [make: string, there: string]>> = {
  "SET search_path": ["set search_path = audit", "select current_setting('search_path') = 'audit'"],
  "a temporary table": [
    "create temporary table scratch (number int)",
    "select to_regclass('pg_temp.scratch') is not null",
  ],
  "an advisory lock": [
    // Another number each time: in transaction mode it stays locked.
    "select pg_advisory_lock((random() * 1e9)::int)",
    "select exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())",
  ],
  LISTEN: ["listen news", "select exists (select from pg_listening_channels())"],
};

/** The pool's port for sessions, beside the main port in transaction mode. */
export function sessionPortTests(lab: () => LabPair): void {
  const clients: pg.Client[] = [];
  const connected = async (connectionString: string): Promise<pg.Client> => {
    const client = new pg.Client({
      connectionString,
      connectionTimeoutMillis: 10_000,
      query_timeout: 10_000,
    });
    client.on("error", () => undefined);
    await client.connect();
    clients.push(client);
    return client;
  };
  const isTrue = async (client: pg.Client, query: string): Promise<unknown> =>
    (await client.query<unknown[]>({ text: query, rowMode: "array" })).rows[0]?.[0];
  /** Clients enough for two of each pooler: haproxy spreads them evenly. */
  const others = (url: string) =>
    Promise.all(Array.from({ length: lab().pool.ports.length * 2 }, () => connected(url)));

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end()));
    // Ends the server connections, with what a session in transaction mode has left in them.
    await must(lab().lab, lab().db.name, ["hapair", "pool", "reconnect"]);
  });

  describe.each(Object.entries(kept))("%s", (_, [make, there]) => {
    /** Whether it is there for the session that made it, while others work. */
    const staysWith = async (url: string) => {
      const owner = await connected(url);
      await owner.query(make);
      for (const other of await others(url)) await other.query("begin; select 1");
      return isTrue(owner, there);
    };
    /** Whether it is there for others, after the session that made it has ended. */
    const meetsOthers = async (url: string) => {
      const owner = await connected(url);
      await owner.query(make);
      await owner.end();
      clients.splice(clients.indexOf(owner), 1);
      const met = await Promise.all((await others(url)).map((other) => isTrue(other, there)));
      return met.includes(true);
    };

    it("stays with its session on the port for sessions, and not in transaction mode", async () => {
      expect(await staysWith(lab().forwardedUrl)).toBe(false);
      expect(await staysWith(lab().sessionUrl)).toBe(true);
    });

    it("ends with its session on the port for sessions, and meets other clients in transaction mode", async () => {
      expect(await meetsOthers(lab().forwardedUrl)).toBe(true);
      expect(await meetsOthers(lab().sessionUrl)).toBe(false);
    });
  });

  it("a notification reaches a listener on the port for sessions, and none in transaction mode", async () => {
    const heard: string[] = [];
    for (const [mode, url] of [
      ["transaction", lab().forwardedUrl],
      ["session", lab().sessionUrl],
    ] as const) {
      const listener = await connected(url);
      listener.on("notification", ({ payload }) => heard.push(`${mode}: ${payload}`));
      await listener.query("listen news");
    }
    await ask(lab().forwardedUrl, "select pg_notify('news', 'hello')");
    await expect.poll(() => heard, { timeout: 10_000 }).toEqual(["session: hello"]);
    // Also not with the answer to a later query.
    await Promise.all(clients.map((client) => client.query("select 1")));
    expect(heard).toEqual(["session: hello"]);
  });

  it("a cancel request reaches its query on the port for sessions, whichever pooler receives it", async () => {
    const { stack, pair, sessionUrl, pool } = lab();
    const name = `${pair.name}.sessions`;
    const { url, passFile } = psqlAccess(stack.home, { stack: shippedStack, name }, sessionUrl);
    const sleepers = Array.from({ length: 8 }, () => {
      const argv = ["-X", "-v", "VERBOSITY=verbose", "-d", url, "-c", "select pg_sleep(30) as kept"];
      const env = { ...process.env, PGPASSFILE: passFile };
      const child = spawn("psql", argv, { env, stdio: ["ignore", "ignore", "pipe"] });
      return { child, said: text(child.stderr), exit: once(child, "exit") };
    });
    const asleep = () =>
      ask(
        sessionUrl,
        "select count(*)::int from pg_stat_activity where state = 'active' and query ~ '^select pg_sleep.* as kept'",
      );
    await expect.poll(asleep, { timeout: 15_000 }).toBe(sleepers.length);
    const { stdout } = await must(lab().lab, lab().db.name, ["hapair", "pool", "show", "--json"]);
    const used = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter(({ port, rows }) => pool.session.ports.includes(port) && rows.some(busy));
    expect(used, "every pooler has some of them").toHaveLength(pool.session.ports.length);
    // On SIGINT psql sends a cancel request over a new connection.
    for (const { child } of sleepers) child.kill("SIGINT");
    for (const { said } of sleepers) expect(await said).toContain("57014");
    await Promise.all(sleepers.map(({ exit }) => exit));
  });

  // Two roll-outs.
  it("a client beyond the port's limit is closed at once, and the main port serves on", async () => {
    const { pool, db, sessionUrl, forwardedUrl, configure } = lab();
    const small = { ...pool.session, ports: [6435], size: 2, maxConnections: 3 };
    await configure({ pool: { machines: pool.machines, session: small } });
    try {
      const sessions = await Promise.all([connected(sessionUrl), connected(sessionUrl)]);
      for (const session of sessions) await session.query("select 1");
      const third = new pg.Client({ connectionString: sessionUrl });
      third.on("error", () => undefined);
      // It waits for a session: the login itself needs none.
      await third.connect();
      clients.push(third);
      const answer = third.query("select 'served'::text as answer");
      await expect(ask(sessionUrl, "select 1")).rejects.toThrow();
      expect(await ask(forwardedUrl, "select 1")).toBe(1);
      await sessions[0]?.end();
      clients.splice(clients.indexOf(sessions[0] as pg.Client), 1);
      expect((await answer).rows).toEqual([{ answer: "served" }]);
      const { stdout } = await exec(lab().lab, db.name, ["hapair", "status"]);
      expect(stdout).toContain("pgbouncer@6435.service accepts connections on 6435, for sessions");
      expect(stdout).not.toContain("6436");
    } finally {
      await Promise.all(clients.splice(0).map((client) => client.end()));
      await configure({});
    }
  }, 240_000);
}

function busy({ sv_active }: Readonly<Record<string, string>>): boolean {
  return Number(sv_active) > 0;
}
