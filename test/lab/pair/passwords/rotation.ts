import { expect, it } from "vitest";
import { exec } from "../../../../lab/machine/exec.ts";
import { must } from "../../hosts/onHost.ts";
import { ask, connected } from "../client.ts";
import type { LabPair } from "../labPair.ts";
import { databaseUrls, givenPasswords, withPassword } from "./given.ts";
import { changeMs, everyWay, faults, startLogins } from "./logins.ts";

/** A roll-out under load, and what comes before and after it. */
const limitMs = 600_000;

/** Roll-outs that change a password which the pool and the nodes, or the pool and an application, share. */
export function rotationTests(lab: () => LabPair): void {
  it(
    "a client with the old or the new password is let in at every moment, through every pooler",
    async () => {
      const { pair, pool, db } = lab();
      const { inside } = await databaseUrls(lab());
      const [address] = inside.match(/(?<=@)[^/]+/) ?? [];
      const poolers = pool.ports.map((port) => [
        `pooler-${port}`,
        inside.replace(`@${address}/`, `@${db.address}:${port}/`),
      ]);
      const clients = [
        startLogins(lab().lab, "app", { pair: inside }, "second"),
        startLogins(lab().lab, db.name, Object.fromEntries(poolers), "second"),
      ];
      try {
        await everyWay(clients, "old", true);
        await lab().configure({}, givenPasswords(lab(), "second", "probe"));
        await everyWay(clients, "old", false);
        await everyWay(clients, "new", true);
      } finally {
        await Promise.all(clients.map((client) => client.stop()));
      }
      const logins = clients.flatMap((client) => client.logins);
      expect(new Set(logins.map(({ way }) => way)).size).toBe(pool.ports.length + 1);
      expect(faults(logins)).toEqual([]);
      // One instant for all of them: no pooler keeps a password of its own.
      const ms = changeMs(logins);
      console.log(`the change of the password at ${pair.vip.address} took less than ${ms.toFixed(1)} ms`);
      expect(ms, "ms, negative where a password came back or was refused too early").toBeGreaterThan(0);
      expect(ms).toBeLessThan(1000);
    },
    limitMs,
  );

  it(
    "clients that stay connected go on, also on server connections that are made after the change",
    async () => {
      const { forwarded } = await databaseUrls(lab());
      const clients = await Promise.all(Array.from({ length: 12 }, () => connected(forwarded)));
      const broken: string[] = [];
      for (const client of clients) client.on("error", ({ message }) => broken.push(message));
      const work = () =>
        Promise.all(
          clients.map(async (client) => {
            // At once, so that each takes a server connection.
            await client.query("begin");
            await client.query("select pg_sleep(0.1)");
            await client.query("commit");
          }),
        );
      let rolling = true;
      const working = (async () => {
        while (rolling) await work();
      })();
      working.catch(() => undefined);
      try {
        await lab()
          .configure({}, givenPasswords(lab(), "third", "probe"))
          .finally(() => {
            rolling = false;
          });
        await working;
        // No login with the new password has told the poolers of it.
        await must(lab().lab, lab().db.name, ["hapair", "pool", "reconnect"]);
        await work();
      } finally {
        await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
      }
      expect(broken).toEqual([]);
      await expect(ask(forwarded, "select 1")).rejects.toThrow("authentication failed");
      expect(await ask(withPassword(forwarded, "third"), "select 1")).toBe(1);
    },
    limitMs,
  );

  it("setting the roles up again refuses no client that logs in meanwhile", async () => {
    const { forwarded } = await databaseUrls(lab());
    const refused: string[] = [];
    let answered = 0;
    let running = true;
    const logIns = Array.from({ length: 6 }, async () => {
      while (running)
        await ask(forwarded, "select 1").then(
          () => {
            answered += 1;
          },
          ({ message }) => refused.push(message),
        );
    });
    // Many times over, because a login meets the moment of a replacement rarely.
    const replace = "/CREATE SCHEMA/,/^COMMIT/p";
    const again = `for n in $(seq 1000); do sed -n '${replace}' /etc/hapair/roles.sql; done`;
    const quietly = `(echo 'SET client_min_messages = warning;'; ${again}) | runuser -u postgres -- psql -Xq -f -`;
    const { exitCode, stderr } = await exec(lab().lab, lab().db.name, ["sh", "-c", quietly]);
    expect([exitCode, stderr]).toEqual([0, ""]);
    running = false;
    await Promise.all(logIns);
    expect(answered).toBeGreaterThan(100);
    expect(refused).toEqual([]);
  });

  it("a role without a password, or of the poolers' own, cannot log in", async () => {
    const url = new URL((await databaseUrls(lab())).forwarded);
    for (const role of ["hapair_pooler", "pgbouncer", "postgres"]) {
      url.username = role;
      await expect(ask(url.href, "select 1"), role).rejects.toThrow(/authentication failed|no such user/);
    }
  });
}
