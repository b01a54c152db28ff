import { describe, expect, it } from "vitest";
import { StoreFailure } from "../../../agent/routes/store/store.ts";
import { hosts, put } from "./followers.ts";
import type { StoreBed } from "./storeBed.ts";

/** Nodes, connections and databases that go away and come back. */
export function lossTests(bed: () => StoreBed): void {
  describe("a node that comes back", () => {
    it("is told what it has missed, change by change", async () => {
      const { login, one, other } = await bed().two();
      await one.put("a.example.com");
      await other.has(1);
      const before = await bed().stopped(other);
      for (let change = 0; change < 1500; change += 500)
        await one.store.commit({
          changes: Array.from({ length: 500 }, (_, place) => put(`host${change + place}.example.com`)),
          who: "test",
        });
      const again = bed().node("haproxy2", login, before);
      await again.has(1501);
      expect(again.snapshots).toEqual([]);
      expect(again.log).toHaveLength(1500);
      expect(again.routes.size).toBe(1501);
    });

    it("after its changes have left the log is given the whole table, and what is newer", async () => {
      const { login, one, other } = await bed().two();
      await one.put("old.example.com");
      await other.has(1);
      const before = await bed().stopped(other);
      await one.store.commit({
        changes: [{ do: "remove", host: "old.example.com", agent: "shop" }],
        who: "test",
      });
      const changes = Array.from({ length: 1000 }, (_, place) => put(`host${place}.example.com`));
      for (let round = 0; round < 101; round++) await one.store.commit({ changes, who: "test" });
      const [log] = await bed().ask(
        login,
        "select min(version)::int as first, count(*)::int as rows from hapair_routes.log",
      );
      expect(log?.first).toBeGreaterThan(2);
      expect(log?.rows).toBeLessThanOrEqual(101_000);
      const again = bed().node("haproxy2", login, before);
      await again.has(101_002);
      expect(again.snapshots).toHaveLength(1);
      expect(again.routes).toEqual(one.routes);
      expect(hosts(again)).not.toContain("old.example.com");
      await one.put("new.example.com");
      await again.has(101_003);
      expect(again.log).toHaveLength(1);
    });

    it("knows at once which other nodes follow", async () => {
      const { login, one, other } = await bed().two();
      await one.put("a.example.com");
      await other.has(1);
      await bed().stopped(other);
      await expect.poll(() => one.store.isFollowing("haproxy2"), { timeout: 4000 }).toBe(false);
      const again = bed().node("haproxy2", login, other);
      await again.isUsable();
      await expect.poll(() => again.store.isFollowing("haproxy1"), { timeout: 900, interval: 5 }).toBe(true);
      expect(one.store.isFollowing("haproxy2")).toBe(true);
    });

    it("with nothing at all is given the whole table", async () => {
      const { login, one } = await bed().two();
      await one.put("a.example.com");
      const fresh = bed().node("haproxy3", login);
      await fresh.has(1);
      expect(fresh.snapshots).toHaveLength(1);
      expect(fresh.routes).toEqual(one.routes);
    });
  });

  describe("a loss", () => {
    it("of connections loses no change, and none comes twice", async () => {
      const { login, one, other } = await bed().two();
      let last = 0;
      const kill = async () => {
        for (let round = 0; round < 10; round++)
          await bed().ask(
            login,
            `select pg_terminate_backend(pid), pg_sleep(0.1) from pg_stat_activity
            where datname = '${login.database}' and application_name like 'hapair %'`,
          );
      };
      const write = async () => {
        for (let change = 0; change < 300; change++)
          last = (await one.put(`host${change}.example.com`).catch(() => undefined)) ?? last;
      };
      await Promise.all([kill(), write()]);
      await one.isUsable();
      for (const { problems } of [one, other])
        expect(problems.filter((problem) => problem !== null)).not.toEqual([]);
      const end = await one.put("end.example.com");
      expect(end).toBeGreaterThan(last);
      await Promise.all([one.has(end), other.has(end)]);
      expect(other.log).toEqual(one.log);
      expect(one.log.map(({ version }) => version)).toEqual(
        Array.from({ length: end }, (_, place) => place + 1),
      );
    });

    it("of a notification is made up for within two seconds", async () => {
      const { login, one } = await bed().two();
      await bed().ask(login, "update hapair_routes.head set channel = 'nobody_listens'");
      const lost = await one.put("a.example.com");
      await one.has(lost, 2000);
    });

    it("of the database is told at once, and ends by itself when that is back", async () => {
      const login = await bed().database();
      const { link: way, login: over } = await bed().link(login);
      const [near, far] = [bed().node("haproxy1", login), bed().node("haproxy2", over)];
      await Promise.all([near.isUsable(), far.isUsable()]);
      way.refuse();
      expect(await far.isUnusable()).toMatch(/^the database of the routes \(routes\d+ at \S+:5432\): \S/);
      await expect(far.put("a.example.com")).rejects.toMatchObject({
        name: "StoreFailure",
        mayHaveHappened: false,
      });
      await near.put("b.example.com");
      way.mend();
      await far.has(1);
      await far.isUsable();
      expect(await far.put("c.example.com")).toBe(2);
    });

    it("of the database's machine, which says nothing, is noticed by the session, and ends what is under way", async () => {
      const login = await bed().database();
      const { link: way, login: over } = await bed().link(login);
      const far = bed().node("haproxy2", over);
      await far.isUsable();
      await far.put("a.example.com");
      await far.has(1);
      way.silence();
      const written = far.put("b.example.com").then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(await far.isUnusable()).toContain("no answer within 1500 ms");
      const failure = await written;
      expect(failure).toBeInstanceOf(StoreFailure);
      // With the reason of the session that is lost, before its own deadline of four seconds.
      expect(failure).toMatchObject({
        mayHaveHappened: true,
        message: expect.stringContaining("no answer within 1500 ms"),
      });
      way.mend();
      await far.isUsable();
      expect(await far.put("c.example.com")).toBe(2);
      await far.has(2);
    });

    it("of the database's machine keeps no node from closing: what waits for it is refused at once", async () => {
      const login = await bed().database();
      const { link: way, login: over } = await bed().link(login);
      const far = bed().node("haproxy2", over);
      await far.isUsable();
      await far.put("a.example.com");
      way.silence();
      const failures = ["b.example.com", "c.example.com"].map(async (host, place) => {
        for (let turn = 0; turn < place * 10; turn++) await new Promise((resolve) => setImmediate(resolve));
        return far.put(host).then(
          () => undefined,
          (error: unknown) => error,
        );
      });
      for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
      await bed().stopped(far);
      // Not that there was no answer: the deadline of a statement is further away.
      for (const failure of await Promise.all(failures))
        expect(failure).toMatchObject({
          name: "StoreFailure",
          message: expect.stringContaining("commits no more"),
        });
      expect(far.problem).toBeNull();
    });

    it("of a node is noticed by the other one within four seconds, and silence of changes is none", async () => {
      const { one, other } = await bed().two();
      await one.put("a.example.com");
      await expect.poll(() => one.heard, { timeout: 10_000 }).toBeGreaterThan(5);
      expect(one.store.isFollowing("haproxy2")).toBe(true);
      await bed().stopped(other);
      await expect.poll(() => one.store.isFollowing("haproxy2"), { timeout: 4000 }).toBe(false);
    });

    it("of power at the database loses nothing that was confirmed", async () => {
      const { one, other } = await bed().two();
      const confirmed: string[] = [];
      const write = async () => {
        for (let change = 0; ; change++) {
          await one.put(`host${change}.example.com`);
          confirmed.push(`host${change}.example.com`);
        }
      };
      const writing = write().catch(() => {});
      await expect.poll(() => confirmed.length, { timeout: 10_000 }).toBeGreaterThan(100);
      await bed().postgres.crash();
      await writing;
      expect(await one.isUnusable()).toContain("the database of the routes");
      await bed().postgres.boot();
      await Promise.all([one.isUsable(), other.isUsable()]);
      const last = await one.put("last.example.com");
      await Promise.all([one.has(last), other.has(last)]);
      expect(hosts(other)).toEqual(expect.arrayContaining([...confirmed, "last.example.com"]));
      expect(other.log).toEqual(one.log);
    });
  });
}
