import { describe, expect, it } from "vitest";
import * as z from "zod";
import { sealed } from "../../../agent/routes/store/postgresMessage.ts";
import type { StoreBed } from "./storeBed.ts";

/** What nodes tell one another, and what they take of others. */
export function messageTests(bed: () => StoreBed): void {
  describe("a change", () => {
    it("is acknowledged at once to the node that has committed it, which tells the others of several at once", async () => {
      const { one, other } = await bed().two();
      for (let change = 0; change < 50; change++) {
        const version = await one.put(`host${change}.example.com`);
        await expect.poll(() => one.acknowledgements.get("haproxy2"), { interval: 1 }).toBe(version);
      }
      expect(other.heard).toBeLessThan(50);
      await expect.poll(() => other.acknowledgements.get("haproxy1"), { timeout: 500 }).toBe(50);
      const version = await other.put("end.example.com");
      await expect.poll(() => other.acknowledgements.get("haproxy1"), { timeout: 500 }).toBe(version);
    });

    it("is told with its commit: nodes read nothing but from time to time", async () => {
      const { login, one, other } = await bed().two();
      await bed().ask(login, "create sequence reads");
      await bed().ask(
        login,
        `alter function hapair_routes.read rename to read_of_nodes;
        create function hapair_routes.read(_pair text, _version bigint, _mark text, _most int) returns jsonb language sql
          as $$ select hapair_routes.read_of_nodes(_pair, _version, _mark, _most) from nextval('reads') $$`,
      );
      const hosts = Array.from({ length: 50 }, (_, place) => `host${place}.example.com`);
      for (const host of hosts) {
        const version = await one.put(host);
        await Promise.all([one.has(version), other.has(version)]);
      }
      const [reads] = await bed().ask(login, "select nextval('reads') - 1 as amount");
      expect(Number(reads?.amount)).toBeLessThan(hosts.length);
      expect(other.log).toEqual(one.log);
    });
  });

  describe("the nodes of a pair", () => {
    it("take nothing from somebody who knows their channel and all that is said there", async () => {
      const { login, one, other } = await bed().two();
      await other.has(await one.put("a.example.com"));
      const [head] = await bed().ask(login, "select channel, mark, key from hapair_routes.head");
      const key = z.instanceof(Buffer).parse(head?.key);
      const change = { version: 2, transaction: 2, mark: "x", host: "b.example.com", route: null };
      const news = { after: 1, mark: String(head?.mark), changes: [change] };
      const sender = 1;
      for (const message of [
        { version: 2, sender, news },
        { version: 2, sender, node: "haproxy9" },
      ])
        for (const payload of [
          JSON.stringify(message),
          sealed(message, Buffer.alloc(32)),
          // As a real one that another session repeats.
          sealed(message, key),
        ])
          await bed().postgres.sql("select pg_notify($1, $2)", [head?.channel, payload], login.database);
      const next = await one.put("c.example.com");
      await Promise.all([one.has(next), other.has(next)]);
      for (const { log, acknowledgements } of [one, other]) {
        expect(log.map(({ host }) => host)).toEqual(["a.example.com", "c.example.com"]);
        expect(acknowledgements.has("haproxy9")).toBe(false);
      }
      // Sealed by the database for its own session it is taken: it is the check that keeps the others out.
      await bed().ask(
        login,
        `select pg_notify(channel, hapair_routes.sealed('{"version": 2, "node": "haproxy9"}', key)) from hapair_routes.head`,
      );
      await expect.poll(() => one.acknowledgements.get("haproxy9")).toBe(2);
    });

    it("are not spoken to by somebody who knows the schema's name alone", async () => {
      const { login, one, other } = await bed().two();
      await one.put("a.example.com");
      await expect.poll(() => one.acknowledgements.get("haproxy2")).toBe(1);
      await bed().ask(login, `create role ${login.database}_stranger login`);
      const stranger = { ...login, user: `${login.database}_stranger` };
      const told = JSON.stringify({ version: 99, node: "haproxy2" });
      await bed().postgres.sql(
        `select pg_notify('hapair_routes', '${told}'), pg_notify('hapair_routes_', '${told}')`,
        [],
        stranger.database,
        stranger.user,
      );
      await expect(
        bed().postgres.sql("select channel from hapair_routes.head", [], stranger.database, stranger.user),
      ).rejects.toThrow("permission denied for schema hapair_routes");
      const next = await one.put("b.example.com");
      await other.has(next);
      await expect.poll(() => one.acknowledgements.get("haproxy2")).toBe(next);
    });
  });
}
