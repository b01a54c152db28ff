import { describe, expect, it } from "vitest";
import * as z from "zod";
import { openPostgresStore } from "../../../agent/routes/store/postgres.ts";
import { sealed } from "../../../agent/routes/store/postgresMessage.ts";
import { schemaSteps } from "../../../agent/routes/store/schema/steps.ts";
import { put } from "./followers.ts";
import type { StoreBed } from "./storeBed.ts";

/** What is made in the database, and who may use it. */
export function schemaTests(bed: () => StoreBed): void {
  describe("the schema", () => {
    it("is made once where ten nodes start at the same moment", async () => {
      const login = await bed().database();
      const ten = Array.from({ length: 10 }, (_, place) => bed().node(`haproxy${place}`, login));
      await Promise.all(ten.map((one) => one.isUsable()));
      expect(await bed().ask(login, "select done from hapair_routes.schema_steps")).toEqual([
        { done: schemaSteps.length },
      ]);
      for (const one of ten) expect(one.problems).toEqual([null]);
    });

    it("belongs to the routes' own role, which has no other right", async () => {
      const login = await bed().database();
      const user = `${login.database}_owner`;
      await bed().ask(login, `create role ${user} login`);
      await bed().ask(login, `revoke create on database ${login.database} from public`);
      const own = bed().node("haproxy1", { ...login, user });
      expect(await own.isUnusable()).toContain(`create schema hapair_routes authorization "${user}"`);
      await bed().ask(login, `create schema hapair_routes authorization ${user}`);
      await own.isUsable();
      expect(await own.put("a.example.com")).toBe(1);
      await own.has(1);
    });

    it("keeps the routes of several pairs apart", async () => {
      const { login, one } = await bed().two();
      const store = openPostgresStore({ login, pair: "another", node: "haproxy1" });
      let version = -1;
      store.follow(null, {
        changes: async (changes) => {
          version = changes.at(-1)?.version ?? version;
        },
        snapshot: async (snapshot) => {
          version = snapshot.version;
        },
        acknowledged: () => {},
        reachable: () => {},
      });
      await expect.poll(() => version).toBe(0);
      for (const host of ["a.example.com", "b.example.com"]) await one.put(host);
      const changes = [put("a.example.com", undefined, "blog")];
      expect(await store.commit({ changes, who: "test" })).toEqual({ version: 1, before: [null] });
      await expect.poll(() => version).toBe(1);
      await store.close();
    });

    it("of an older version of hapair becomes the present one, with the routes that it has", async () => {
      const login = await bed().database();
      const [first = "", ...later] = schemaSteps;
      await bed().ask(login, "create schema hapair_routes");
      await bed().ask(login, first);
      await bed().ask(login, "create table hapair_routes.schema_steps as select 1 as done");
      await bed().ask(login, `select hapair_routes.join('pair')`);
      const { route } = put("a.example.com");
      const changes = [{ host: route.host, agent: route.agent, route }];
      const asked = JSON.stringify([{ who: "test", changes }]);
      await bed().ask(login, `select hapair_routes.commit('pair', 0, null, '${asked}')`);
      const one = bed().node("haproxy1", login);
      await one.has(1);
      expect(await one.put("b.example.com")).toBe(2);
      await one.has(2);
      expect(await bed().ask(login, "select done from hapair_routes.schema_steps")).toEqual([
        { done: 1 + later.length },
      ]);
    });

    it("takes nothing from somebody who knows its channel and all that is said there", async () => {
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

    it("is not spoken to by somebody who knows its name alone", async () => {
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
