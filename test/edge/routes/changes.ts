import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Commit } from "../../../agent/routes/store/store.ts";
import { hosts, type Node, put } from "./followers.ts";
import type { StoreBed } from "./storeBed.ts";

/** What becomes of a change. */
export function changeTests(bed: () => StoreBed): void {
  describe("a change", () => {
    it("reaches every node, which then tells the others that it has it", async () => {
      const { one, other } = await bed().two();
      expect(await one.put("shop.example.com")).toBe(1);
      await Promise.all([one.has(1), other.has(1)]);
      expect(other.routes).toEqual(one.routes);
      expect(other.routes.get("shop.example.com")).toMatchObject({ agent: "shop", version: 1 });
      await expect.poll(() => one.acknowledgements.get("haproxy2")).toBe(1);
      expect(one.store.isFollowing("haproxy2")).toBe(true);
      expect(one.store.isFollowing("haproxy1")).toBe(false);
    });

    it("of a transaction is made with all others of it, or none is", async () => {
      const { one } = await bed().two();
      await one.put("taken.example.com");
      const changes = [
        put("new.example.com", undefined, "blog"),
        put("taken.example.com", undefined, "blog"),
      ];
      await expect(one.store.commit({ changes, who: "test" })).rejects.toMatchObject({
        code: "taken",
        host: "taken.example.com",
      });
      expect(await one.put("last.example.com")).toBe(2);
      await one.has(2);
      expect(hosts(one)).toEqual(["last.example.com", "taken.example.com"]);
    });

    it("answers what it has replaced", async () => {
      const { one } = await bed().two();
      const commit = (changes: Commit["changes"]) => one.store.commit({ changes, who: "test" });
      expect(await commit([put("a.example.com"), put("b.example.com")])).toEqual({
        version: 2,
        before: [null, null],
      });
      const { before } = await commit([
        put("b.example.com", "http://10.0.9.6"),
        { do: "remove", host: "a.example.com", agent: "shop" },
      ]);
      expect(before).toEqual([
        { ...put("b.example.com").route, version: 2 },
        { ...put("a.example.com").route, version: 1 },
      ]);
      await one.has(4);
      expect(hosts(one)).toEqual(["b.example.com"]);
    });

    it("that nobody can make is refused by its reason, and gets no number", async () => {
      const { one } = await bed().two();
      await one.put("shop.example.com");
      const refused = (commit: Omit<Commit, "who">) =>
        one.store.commit({ ...commit, who: "test" }).then(
          () => undefined,
          (error: unknown) => error,
        );
      const remove = (host: string, agent: string) => ({ do: "remove" as const, host, agent });
      expect(await refused({ changes: [remove("none.example.com", "shop")] })).toMatchObject({
        code: "not-found",
        message: expect.stringContaining("none.example.com"),
      });
      expect(await refused({ changes: [remove("shop.example.com", "blog")] })).toMatchObject({
        code: "taken",
      });
      for (const ifVersion of [0, 2])
        expect(await refused({ changes: [put("x.example.com")], ifVersion })).toMatchObject({
          code: "changed",
          message: expect.stringContaining(`version 1, and the request is for version ${ifVersion}`),
        });
      expect(await refused({ changes: [put("x.example.com")], ifVersion: 1 })).toBeUndefined();
      await one.has(2);
    });

    it("that is refused does not stop those that are committed with it", async () => {
      const { one } = await bed().two();
      await one.put("taken.example.com");
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, place) =>
          one.store.commit({
            changes: [
              place % 2 === 0 ? put(`host${place}.example.com`) : put("taken.example.com", undefined, "blog"),
            ],
            who: "test",
          }),
        ),
      );
      expect(results.map(({ status }) => status)).toEqual(
        Array.from({ length: 20 }, (_, place) => (place % 2 === 0 ? "fulfilled" : "rejected")),
      );
      await one.has(11);
    });

    it("that the database itself refuses does not stop those that are committed with it", async () => {
      const { one } = await bed().two();
      const commit = (host: string, who: string) => one.store.commit({ changes: [put(host)], who });
      const [good, bad, alsoGood] = await Promise.allSettled([
        commit("a.example.com", "test"),
        // PostgreSQL has no NUL in a text.
        commit("b.example.com", "te\0st"),
        commit("c.example.com", "test"),
      ]);
      expect([good?.status, alsoGood?.status]).toEqual(["fulfilled", "fulfilled"]);
      expect(bad).toMatchObject({ reason: { name: "StoreFailure", mayHaveHappened: false } });
      await one.has(2);
    });

    it("that comes before this node serves the last one is committed together with the next", async () => {
      const { one } = await bed().two();
      one.fault = "the disk is full";
      await one.put("a.example.com");
      const second = one.put("b.example.com");
      await setImmediate();
      await Promise.all([second, one.put("c.example.com")]);
      one.fault = undefined;
      await one.has(3);
      const [first, ...others] = one.log.map(({ mark }) => mark);
      expect(new Set(others).size).toBe(1);
      expect(others).not.toContain(first);
    });

    it("of one transaction is told together with the others, however many", async () => {
      const { one, other } = await bed().two();
      const changes = Array.from({ length: 1000 }, (_, place) => put(`host${place}.example.com`));
      await one.put("first.example.com");
      await other.has(1);
      expect((await one.store.commit({ changes, who: "test" })).version).toBe(1001);
      await other.has(1001);
      expect(new Set(other.log.slice(1).map(({ transaction }) => transaction))).toEqual(new Set([1001]));
      expect(other.routes.size).toBe(1001);
    });
  });

  describe("an idempotency key", () => {
    const keyed = (host: string, who = "test"): Commit => ({
      changes: [put(host)],
      who,
      idempotencyKey: "key",
    });

    it("makes a request that is sent again the same request, with the same answer", async () => {
      const { one, other } = await bed().two();
      const first = await one.store.commit(keyed("a.example.com"));
      await one.put("a.example.com", "http://10.0.9.6");
      expect(await other.store.commit(keyed("a.example.com"))).toEqual(first);
      await other.has(2);
      expect(other.routes.get("a.example.com")?.target).toBe("http://10.0.9.6");
    });

    it("is acknowledged by both nodes soon where the same request comes to the other one", async () => {
      const { one, other } = await bed().two();
      const { version } = await one.store.commit(keyed("a.example.com"));
      expect(await other.store.commit(keyed("a.example.com"))).toMatchObject({ version });
      await Promise.all([
        expect.poll(() => one.acknowledgements.get("haproxy2"), { timeout: 500 }).toBe(version),
        expect.poll(() => other.acknowledgements.get("haproxy1"), { timeout: 500 }).toBe(version),
      ]);
    });

    it("counts once where the same request comes ten times at one moment, over both nodes", async () => {
      const { one, other } = await bed().two();
      const all = await Promise.all(
        Array.from({ length: 10 }, (_, place) =>
          (place % 2 === 0 ? one : other).store.commit(keyed("a.example.com")),
        ),
      );
      expect(all).toEqual(Array.from({ length: 10 }, () => ({ version: 1, before: [null] })));
    });

    it("of a day ago is a new one: the change is made, and answered with its own version", async () => {
      const { login, one } = await bed().two();
      await one.store.commit(keyed("a.example.com"));
      await one.store.commit({
        changes: [{ do: "remove", host: "a.example.com", agent: "shop" }],
        who: "test",
      });
      const age = (interval: string) =>
        bed().ask(login, `update hapair_routes.requests set at = now() - interval '${interval}'`);
      await age("23 hours");
      expect(await one.store.commit(keyed("a.example.com"))).toMatchObject({ version: 1 });
      await age("25 hours");
      for (const _ of ["first", "sent again"])
        expect(await one.store.commit(keyed("a.example.com"))).toMatchObject({ version: 3 });
      await one.has(3);
      expect(hosts(one)).toEqual(["a.example.com"]);
    });

    it("of another request is refused, and of another asker is another key", async () => {
      const { one } = await bed().two();
      await one.store.commit(keyed("a.example.com"));
      await expect(one.store.commit(keyed("b.example.com"))).rejects.toMatchObject({ code: "reused" });
      expect(await one.store.commit(keyed("b.example.com", "somebody else"))).toMatchObject({ version: 2 });
    });
  });

  describe("a commit that takes another one back", () => {
    const keyed: Commit = { changes: [put("a.example.com")], who: "test", idempotencyKey: "key" };
    const back: Commit = {
      changes: [{ do: "remove", host: "a.example.com", agent: "shop" }],
      ...{ who: "test", idempotencyKey: "key", takesBack: 1 },
    };

    it("is made although other hosts have changed since, and the key is one that was never used", async () => {
      const { one, other } = await bed().two();
      await one.store.commit(keyed);
      await one.put("b.example.com");
      expect(await one.store.commit(back)).toEqual({
        version: 3,
        before: [{ ...put("a.example.com").route, version: 1 }],
      });
      await other.has(3);
      expect(hosts(other)).toEqual(["b.example.com"]);
      expect(await other.store.commit(keyed)).toEqual({ version: 4, before: [null] });
    });

    it("is refused where one of its hosts has changed since, which then holds", async () => {
      const { one, other } = await bed().two();
      await one.store.commit(keyed);
      await other.put("a.example.com", "http://10.0.9.6");
      await expect(one.store.commit(back)).rejects.toMatchObject({ name: "StoreRefusal", code: "changed" });
      await one.has(2);
      expect(one.routes.get("a.example.com")?.target).toBe("http://10.0.9.6");
      expect(await one.store.commit(keyed)).toMatchObject({ version: 1 });
    });

    it("is made beside other commits of the same moment", async () => {
      const { one } = await bed().two();
      await one.store.commit(keyed);
      const versions = await Promise.all([
        one.put("b.example.com"),
        one.store.commit(back).then(({ version }) => version),
        one.put("c.example.com"),
      ]);
      expect(versions).toEqual([2, 3, 4]);
      await one.has(4);
      expect(hosts(one)).toEqual(["b.example.com", "c.example.com"]);
    });
  });

  describe("order", () => {
    it("two nodes that write 2,000 changes at once see the same ones in the same order", async () => {
      const { one, other } = await bed().two();
      const answered: number[] = [];
      const caller = async (by: Node, caller: number) => {
        for (let change = 0; change < 100; change++)
          answered.push(await by.put(`host${caller}.example.com`, `http://10.0.9.5:${1000 + change}`));
      };
      await Promise.all(
        Array.from({ length: 20 }, (_, place) => caller(place % 2 === 0 ? one : other, place)),
      );
      await Promise.all([one.has(2000), other.has(2000)]);
      expect(answered.toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 2000 }, (_, place) => place + 1),
      );
      expect(other.log).toEqual(one.log);
      expect(other.routes).toEqual(one.routes);
      expect(new Set(Array.from(one.routes.values(), ({ target }) => target))).toEqual(
        new Set(["http://10.0.9.5:1099"]),
      );
    });

    it("a node that fails to take changes is told them again, and none is lost", async () => {
      const { one, other } = await bed().two();
      other.fault = "disk full";
      for (const host of ["a.example.com", "b.example.com", "c.example.com"]) await one.put(host);
      await one.has(3);
      expect(other.version).toBe(0);
      other.fault = undefined;
      await other.has(3);
      expect(other.routes).toEqual(one.routes);
    });
  });
}
