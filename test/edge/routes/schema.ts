import { describe, expect, it } from "vitest";
import { openPostgresStore } from "../../../agent/routes/store/postgres.ts";
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
  });
}
