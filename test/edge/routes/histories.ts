import { describe, expect, it } from "vitest";
import { openPostgresStore } from "../../../agent/routes/store/postgres.ts";
import { restoreDatabase } from "../../../agent/routes/store/postgresRestore.ts";
import { hosts, pair, put } from "./followers.ts";
import type { StoreBed } from "./storeBed.ts";

/** Databases that have another past than a node. */
export function historyTests(bed: () => StoreBed): void {
  describe("a database that is not the one that was followed", () => {
    /** Two nodes with two routes; then the database is what it was when it had one. */
    async function rolledBack() {
      const { login, one, other } = await bed().two();
      await one.put("a.example.com");
      await Promise.all([one.has(1), other.has(1)]);
      await bed().stopped(one);
      await bed().stopped(other);
      const backup = await bed().database(login.database);
      const [ahead, behind] = [bed().node("haproxy1", login, one), bed().node("haproxy2", login, other)];
      await Promise.all([ahead.isUsable(), behind.isUsable()]);
      await ahead.put("b.example.com");
      await Promise.all([ahead.has(2), behind.has(2)]);
      await bed().stopped(ahead);
      await bed().stopped(behind);
      return { login: backup, ahead, behind };
    }

    it("as it was restored from a backup takes no route away, and no change", async () => {
      const { login, ahead } = await rolledBack();
      const again = bed().node("haproxy1", login, ahead);
      const sentence = await again.isUnusable();
      expect(sentence).toContain("ends at change 1, and this node has change 2");
      expect(sentence).toContain("hapair routes restore");
      await expect(again.put("c.example.com")).rejects.toMatchObject({ mayHaveHappened: false });
      expect(hosts(again)).toEqual(["a.example.com", "b.example.com"]);
      expect(again.snapshots).toEqual([]);
    });

    it("takes no change of a node that has not noticed yet", async () => {
      const { login, one } = await bed().two();
      await one.put("a.example.com");
      const commit = async (version: number, mark: unknown) => {
        const changes = [{ host: "b.example.com", agent: "shop", route: put("b.example.com").route }];
        const asked = JSON.stringify([{ who: "test", changes }]);
        const [row] = await bed().ask(
          login,
          `select hapair_routes.commit('${pair}', ${version}, '${mark}', '${asked}') ->> 'standing' as standing`,
        );
        return row?.standing;
      };
      const mark = (await bed().ask(login, "select mark from hapair_routes.head"))[0]?.mark;
      expect(await commit(2, mark)).toBe("other");
      expect(await commit(1, "00000000.1.00000000")).toBe("other");
      expect(await commit(1, mark)).toBe("same");
      await one.has(2);
    });

    it("is found out as well where it has gone on to higher numbers since", async () => {
      const { login, ahead } = await rolledBack();
      // A node that has lost its disk knows nothing else.
      const fresh = bed().node("haproxy2", login);
      await fresh.isUsable();
      for (const host of ["x.example.com", "y.example.com"]) await fresh.put(host);
      await fresh.has(3);
      const again = bed().node("haproxy1", login, ahead);
      expect(await again.isUnusable()).toContain("of another history");
      expect(hosts(again)).toEqual(["a.example.com", "b.example.com"]);
    });

    it("is found out where it is another one altogether, empty or not", async () => {
      const { one } = await bed().two();
      await one.put("a.example.com");
      await one.has(1);
      const known = await bed().stopped(one);
      const { login, one: stranger } = await bed().two();
      expect(await bed().node("haproxy3", login, known).isUnusable()).toContain("is another one");
      for (const host of ["x.example.com", "y.example.com"]) await stranger.put(host);
      // Its log is shorter than its history, so that no number tells.
      expect(await stranger.store.restore({ version: 10, mark: null, routes: [] })).toBe(11);
      const again = bed().node("haproxy4", login, known);
      expect(await again.isUnusable()).toContain("is another one");
      expect(hosts(again)).toEqual(["a.example.com"]);
    });

    it("is restored by a command that first says what it would do, and where nothing is wrong does nothing", async () => {
      const { login, ahead } = await rolledBack();
      const settings = { login, pair, node: "haproxy1" };
      expect(await restoreDatabase(settings, ahead, false)).toMatch(
        /^would write the 2 routes of this node \(change 2\) in place of the 1 of the database .* \(change 1\)/,
      );
      expect(await bed().ask(login, "select version::int from hapair_routes.head")).toEqual([{ version: 1 }]);
      expect(await restoreDatabase(settings, ahead, true)).toMatch(
        /^wrote .* every node takes them as change 3$/,
      );
      const again = bed().node("haproxy1", login, ahead);
      await again.has(3);
      expect(again.routes).toEqual(ahead.routes);
      await expect(restoreDatabase(settings, again, true)).rejects.toThrow("nothing was changed");
      await expect(restoreDatabase(settings, { ...ahead, position: null }, true)).rejects.toThrow(
        "no routes",
      );
    });

    it("gets a node's routes by restore, which every node then takes, whatever it had", async () => {
      const { login, ahead } = await rolledBack();
      const [one, fresh] = [bed().node("haproxy1", login, ahead), bed().node("haproxy2", login)];
      await Promise.all([one.isUnusable(), fresh.isUsable()]);
      await fresh.put("x.example.com");
      const { version, mark } = ahead.position ?? { version: 0, mark: null };
      const store = openPostgresStore({ login, pair, node: "haproxy1" });
      const restored = await store.restore({ version, mark, routes: [...ahead.routes.values()] });
      expect(restored).toBe(3);
      await Promise.all([one.has(restored), fresh.has(restored)]);
      await one.isUsable();
      for (const each of [one, fresh]) expect(each.routes).toEqual(ahead.routes);
      expect(await one.put("c.example.com")).toBe(4);
      await Promise.all([one.has(4), fresh.has(4)]);
      // No second one is needed for that.
      expect(one.snapshots).toHaveLength(1);
    });

    it("gets the routes of the node that is right, even where the other one has made more changes since", async () => {
      const { login, one, other } = await bed().two();
      await one.put("a.example.com");
      await Promise.all([one.has(1), other.has(1)]);
      await bed().stopped(other);
      for (const host of ["b.example.com", "c.example.com"]) await one.put(host);
      await one.has(3);
      await bed().stopped(one);
      const empty = await bed().database();
      const store = openPostgresStore({ login: empty, pair, node: "haproxy2" });
      const { version, mark } = other.position ?? { version: 0, mark: null };
      expect(await store.restore({ version, mark, routes: [...other.routes.values()] })).toBe(2);
      const again = bed().node("haproxy1", empty, one);
      await again.has(2);
      expect(again.routes).toEqual(other.routes);
      // The old one has a newer number, and after a day or so no log that tells: it is of another history all the same.
      await bed().stopped(again);
      await bed().ask(
        login,
        "delete from hapair_routes.log; update hapair_routes.head set pruned = version, pruned_mark = mark",
      );
      expect(await bed().node("haproxy1", login, again).isUnusable()).toContain("of another history");
    });

    it("that was never used gets a node's routes by restore, and the other node follows it", async () => {
      const { one, other } = await bed().two();
      await one.put("a.example.com");
      await Promise.all([one.has(1), other.has(1)]);
      await bed().stopped(one);
      await bed().stopped(other);
      const login = await bed().database();
      const store = openPostgresStore({ login, pair, node: "haproxy1" });
      const { version, mark } = one.position ?? { version: 0, mark: null };
      expect(await store.restore({ version, mark, routes: [...one.routes.values()] })).toBe(2);
      const again = [bed().node("haproxy1", login, one), bed().node("haproxy2", login, other)];
      for (const each of again) {
        await each.has(2);
        expect(each.routes).toEqual(one.routes);
      }
    });
  });
}
