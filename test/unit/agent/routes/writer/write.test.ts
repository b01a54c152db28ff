import { beforeEach, describe, expect, it } from "vitest";
import { StoreFailure, StoreRefusal } from "../../../../../agent/routes/store/store.ts";
import { mostBalanced } from "../../../../../contract/routes/balanced.ts";
import { routeWith } from "../routeFixtures.ts";
import { put, remove, stored } from "./routes.ts";
import { asker, one, resetWorld, transaction, world, writer } from "./writerBed.ts";

beforeEach(resetWorld);

it("counts routes with several targets of all who ask at the same moment", async () => {
  const { write } = writer();
  const targets = [{ url: "http://10.0.9.5" }, { url: "http://10.0.9.6" }];
  const results = await Promise.allSettled(
    Array.from({ length: mostBalanced + 1 }, (_, index) =>
      write(transaction([{ do: "put", route: routeWith({ host: `h${index}`, targets }) }]), asker),
    ),
  );
  const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason.code] : []));
  expect(refused).toEqual(["no-backend"]);
});

describe("a change", () => {
  it("is committed with its full name, and answers where it is served", async () => {
    const key = { ...asker, idempotencyKey: "k1" };
    expect(await writer().write(transaction([put("shop")], { ifVersion: 7 }), key)).toEqual({
      version: 8,
      appliedOn: ["haproxy1", "haproxy2"],
      pendingOn: [],
      changes: [{ host: "shop.example.com", after: put("shop.example.com").route }],
    });
    expect(world.commits).toEqual([
      { changes: [put("shop.example.com")], who: "token ci", ifVersion: 7, idempotencyKey: "k1" },
    ]);
  });

  it("that comes while the node starts waits until the database has answered", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    world.begun = promise;
    world.database = "the database of the routes was not asked yet";
    const writing = writer().write(one, asker);
    world.database = null;
    resolve();
    expect(await writing).toMatchObject({ version: 8 });
  });

  it("waits for another node until the deadline, and then names it as pending", async () => {
    world.peerServes = false;
    expect(await writer().write(one, asker)).toMatchObject({
      appliedOn: ["haproxy1"],
      pendingOn: ["haproxy2"],
    });
    expect(world.waitedForPeer).toBe(1000);
  });

  it("does not wait for a node that is away", async () => {
    world.following = false;
    expect(await writer().write(one, asker)).toMatchObject({ pendingOn: ["haproxy2"] });
    expect(world.waitedForPeer).toBeUndefined();
  });

  it("that this node does not serve in time is an error that says it was made", async () => {
    world.ownServes = false;
    await expect(writer().write(one, asker)).rejects.toMatchObject({
      code: "timeout",
      message: expect.stringMatching(
        /made, as version 8, and is served on haproxy2: haproxy1 has not confirmed/,
      ),
    });
  });

  it("for which HAProxy is the reason says that", async () => {
    world.ownServes = false;
    world.peerServes = false;
    world.commit = async () => {
      world.haproxy = "it hangs";
      return { version: 8, before: [null] };
    };
    await expect(writer().write(one, asker)).rejects.toMatchObject({
      code: "timeout",
      message: expect.stringMatching(/served nowhere yet: .*HAProxy on haproxy1: it hangs/),
    });
  });

  it.each([
    [new StoreRefusal("taken", "t", "shop.example.com"), { code: "taken", field: "changes.0.route.host" }],
    [new StoreRefusal("not-found", "n", "blog.example.com"), { code: "not-found", field: "changes.1.host" }],
    [new StoreRefusal("changed", "c"), { code: "changed", field: "ifVersion" }],
    [new StoreRefusal("reused", "r"), { code: "bad-request", field: "Idempotency-Key" }],
    [new StoreFailure("down", false), { code: "unavailable", message: "nothing was changed: down" }],
    [
      new StoreFailure("lost", true),
      { code: "timeout", message: expect.stringContaining("not known whether the change was made (lost)") },
    ],
  ])("tells %s as the API has it", async (error, problem) => {
    world.commit = () => Promise.reject(error);
    await expect(writer().write(transaction([put("shop"), remove("blog")]), asker)).rejects.toMatchObject(
      problem,
    );
  });
});

describe("where every change has to be on all nodes", () => {
  it("nothing is committed while one is away", async () => {
    world.following = false;
    await expect(writer("all").write(one, asker)).rejects.toMatchObject({
      code: "not-everywhere",
      message: expect.stringMatching(/^nothing was changed: haproxy2 cannot be reached/),
    });
    expect(world.commits).toEqual([]);
  });

  it("one that fails after the commit is an error that says what was made, and where", async () => {
    world.peerServes = false;
    await expect(writer("all").write(one, asker)).rejects.toMatchObject({
      code: "not-everywhere",
      message: expect.stringMatching(
        /^the change was made, as version 8, and is served on haproxy1: haproxy2 has/,
      ),
    });
  });
});

describe("a dry run", () => {
  it("commits nothing and shows the differences, also with the database away", async () => {
    world.database = "the database is away";
    expect(await writer().write(transaction([put("shop"), remove("old")], { dryRun: true }), asker)).toEqual({
      version: 7,
      appliedOn: [],
      pendingOn: [],
      changes: [
        { host: "shop.example.com", after: put("shop.example.com").route },
        { host: "old.example.com", before: stored("old.example.com", 7) },
      ],
    });
    expect(world.commits).toEqual([]);
  });

  it("is refused as the change would be", async () => {
    await expect(
      writer().write(transaction([remove("none")], { dryRun: true }), asker),
    ).rejects.toMatchObject({ name: "RouteProblem", code: "not-found", field: "changes.0.host" });
  });
});
