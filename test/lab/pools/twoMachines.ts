import type pg from "pg";
import { expect, it } from "vitest";
import { exec } from "../../../lab/machine/exec.ts";
import { ask } from "../pair/client.ts";
import {
  cancelledQueries,
  connections,
  db1,
  db2,
  type PoolLab,
  poolerOf,
  poolersOfHost,
  poolersUp,
  status,
} from "./poolLab.ts";
import { sessionPortTests } from "./sessionPort.ts";

/** A pool of two machines: PostgreSQL and poolers on the first, poolers on the second. */
export function twoMachineTests(lab: () => PoolLab): void {
  it("carries sessions through the poolers of both machines", async () => {
    await poolersUp(lab().lab, 2 * poolersOfHost);
    const clients = await connections(await lab().url(), 8);
    try {
      const through = new Set(await Promise.all(clients.map(poolerOf)));
      expect(through).toEqual(new Set([null, db2.address]));
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  sessionPortTests(lab, async () => [null, db2.address]);

  it("has the other machine's poolers verify PostgreSQL, and encrypt", async () => {
    const clients = await connections(await lab().url(), 8);
    try {
      const ssl = async (client: pg.Client) =>
        (await client.query("select ssl from pg_stat_ssl where pid = pg_backend_pid()")).rows[0]?.ssl;
      for (const client of clients) expect(await ssl(client)).toBe((await poolerOf(client)) !== null);
    } finally {
      await Promise.all(clients.map((client) => client.end()));
    }
  });

  it("cancels a query, whichever machine's pooler receives the request", async () => {
    const errors = await cancelledQueries(await lab().url(), 13);
    expect(errors).toHaveLength(12);
    for (const error of errors) expect(error).toContain("canceling statement due to user request");
  });

  it("shows on each machine what runs there, and pool commands reach its poolers", async () => {
    expect((await status(lab().lab, db1.name)).pool).toMatchObject({ postgres: true, database: null });
    expect((await status(lab().lab, db2.name)).pool).toMatchObject({
      postgres: null,
      database: { at: `${db1.address}:5432`, problem: null },
      poolers: Array.from({ length: poolersOfHost }, () => ({ reachable: true })),
    });
    const { stdout } = await exec(lab().lab, db2.name, ["hapair", "pool", "reconnect"]);
    expect(stdout).toBe("6432  reconnect: done\n6433  reconnect: done\n6435  reconnect: done");
  });

  it("lets nobody but the poolers' hosts reach PostgreSQL, and keeps their password from other users", async () => {
    const knock = (from: string) =>
      exec(lab().lab, from, ["timeout", "3", "bash", "-c", `exec 3<>/dev/tcp/${db1.address}/5432`]);
    expect((await knock(db2.name)).exitCode).toBe(0);
    expect((await knock("haproxy1")).exitCode).not.toBe(0);
    expect((await knock("app")).exitCode).not.toBe(0);
    const { stdout } = await exec(lab().lab, db2.name, [
      "stat",
      "-Lc",
      "%a %U",
      "/etc/pgbouncer/userlist.txt",
    ]);
    expect(stdout).toBe("640 postgres");
  });

  it("a PostgreSQL that restarts is used again by the poolers of both machines", async () => {
    await exec(lab().lab, db1.name, ["systemctl", "restart", "postgresql@17-main"]);
    const url = await lab().url();
    await expect.poll(() => ask(url, "select 1").catch(String), { timeout: 20_000 }).toBe(1);
    await expect
      .poll(async () => (await status(lab().lab, db2.name)).pool?.database?.problem, { timeout: 20_000 })
      .toBeNull();
  });
}
