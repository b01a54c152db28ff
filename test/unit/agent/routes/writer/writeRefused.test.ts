import { beforeEach, describe, expect, it } from "vitest";
import { StoreFailure, StoreRefusal } from "../../../../../agent/routes/store/store.ts";
import { put, remove, stored } from "./routes.ts";
import { asker, one, resetWorld, transaction, world, writer } from "./writerBed.ts";

beforeEach(resetWorld);

describe("a change that HAProxy refuses", () => {
  const replacing = transaction([put("shop"), put("old", "http://10.0.9.6"), remove("gone")]);
  const before = [null, stored("old.example.com", 7), stored("gone.example.com", 5)];
  const back = [
    remove("shop.example.com"),
    put("old.example.com", "http://10.0.9.5:3000"),
    put("gone.example.com", "http://10.0.9.5:3000"),
  ];
  /** Resolves to each commit's version in turn, or rejects. */
  const commits = (...results: readonly (number | Error)[]) => {
    let place = 0;
    world.commit = async () => {
      const result = results[place++];
      if (typeof result === "number") return { version: result, before };
      throw result;
    };
  };

  it.each([false, true])("when it is tried, is not committed (dry run: %s)", async (dryRun) => {
    world.refuses = "Out of memory error.";
    const own = writer();
    await expect(
      own.write(transaction([put("shop"), remove("old")], { dryRun }), asker),
    ).rejects.toMatchObject({
      code: "refused",
      message: expect.stringMatching(/^nothing was changed: HAProxy on haproxy1 .*\(Out of memory error\.\)/),
    });
    expect(world.rehearsed).toEqual([["shop.example.com"]]);
    expect(world.commits).toEqual([]);
  });

  it("is not tried where nothing is added", async () => {
    await writer().write(transaction([remove("old")]), asker);
    expect(world.rehearsed).toEqual([]);
  });

  it("after the commit is taken back whole, and the caller is told why", async () => {
    commits(10, 13);
    world.ownServes = "Out of memory error.";
    const own = writer();
    const key = { ...asker, idempotencyKey: "k1" };
    const written = own.write(replacing, key);
    await expect(written).rejects.toMatchObject({ code: "refused", made: 10, back: 13 });
    expect(world.commits[1]).toEqual({ changes: back, who: "token ci", idempotencyKey: "k1", takesBack: 10 });
    expect(own.circuit().failureCount).toBe(1);
  });

  it.each([
    [
      13,
      "and was taken back whole, as version 13, which HAProxy on haproxy1 does not take either (out of memory)",
    ],
    [
      new StoreRefusal("changed", "c"),
      "and could not be taken back, as one of its routes was changed again since: the routes hold as they are now, so read them",
    ],
    [
      new StoreFailure("the database is away", false),
      "and could not be taken back (the database is away): it holds, so remove it, or send it again",
    ],
    [
      new StoreFailure("no answer", true),
      "and it is not known whether it was taken back (no answer): read the routes",
    ],
  ])("where that ends with %s says what holds", async (second, words) => {
    commits(10, second);
    world.ownServes = "out of memory";
    await expect(writer().write(replacing, asker)).rejects.toMatchObject({
      code: "refused",
      message: `HAProxy on haproxy1 does not take the change: out of memory. It was made, as version 10, ${words}`,
    });
  });
});

describe("a probe", () => {
  const probed = transaction([remove("old"), put("shop")], { probe: true });

  it("comes before the commit, and a target that does not answer is not committed", async () => {
    world.probe = "10.0.9.5:3000 refuses the connection";
    await expect(writer().write(probed, asker)).rejects.toMatchObject({
      code: "probe-failed",
      field: "changes.1.route.target",
      message: "10.0.9.5:3000 refuses the connection",
    });
    expect(world.commits).toEqual([]);
  });

  it("comes again once the change is served, and one that fails takes it back", async () => {
    let count = 0;
    world.commit = async () => {
      count += 1;
      world.probe = "it does not answer in time";
      return { version: 8 + count, before: [stored("old.example.com", 7), null] };
    };
    await expect(writer().write(probed, asker)).rejects.toMatchObject({
      code: "probe-failed",
      field: "changes.1.route.target",
      message:
        "it does not answer in time. It was made, as version 9, and was taken back whole, as version 10",
    });
    expect(world.commits[1]).toMatchObject({
      changes: [put("old.example.com", "http://10.0.9.5:3000"), remove("shop.example.com")],
      takesBack: 9,
    });
  });

  it("is not made where nobody asks for it", async () => {
    world.probe = "refused";
    await writer().write(one, asker);
  });
});
