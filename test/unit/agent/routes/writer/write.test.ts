import { beforeEach, describe, expect, it } from "vitest";
import {
  type Commit,
  type Committed,
  StoreFailure,
  StoreRefusal,
} from "../../../../../agent/routes/store/store.ts";
import { openWriter } from "../../../../../agent/routes/writer/write.ts";
import { mostBalanced } from "../../../../../contract/routes/balanced.ts";
import { type Change, Transaction, type TransactionInput } from "../../../../../contract/routes/change.ts";
import { routeWith } from "../routeFixtures.ts";
import { put, remove, stored } from "./routes.ts";

/** What this node, the store and the other node do; a test sets what is different. */
let world: {
  commits: Commit[];
  commit: () => Promise<Committed>;
  begun: Promise<void>;
  rehearsed: string[][];
  refuses: string | null;
  haproxy: string | null;
  database: string | null;
  following: boolean;
  /** A sentence: HAProxy on this node refuses the change. */
  ownServes: boolean | string;
  peerServes: boolean;
  probe: string | null;
  waitedForPeer: number | undefined;
};

beforeEach(() => {
  world = {
    commits: [],
    commit: async () => ({ version: 8, before: [null] }),
    begun: Promise.resolve(),
    rehearsed: [],
    refuses: null,
    haproxy: null,
    database: null,
    following: true,
    ownServes: true,
    peerServes: true,
    probe: null,
    waitedForPeer: undefined,
  };
});

function writer(require: "reachable" | "all" = "reachable") {
  const none = { ownAddresses: [], deniedTargets: [], allowedTargets: [] };
  const settings = { peers: ["haproxy2"], domains: ["example.com"], peerDeadlineMs: 1000 };
  return openWriter(
    { ...none, ...settings, require, breaker: { failures: 2, resetMs: 60_000 } },
    {
      node: {
        name: "haproxy1",
        table: () => ({ version: 7, routes: new Map([["old.example.com", stored("old.example.com", 7)]]) }),
        begun: () => world.begun,
        rehearse: async (routes) => {
          world.rehearsed.push(routes.map(({ host }) => host));
          return world.refuses;
        },
        appliedUpTo: async () => {
          if (typeof world.ownServes === "string") throw new Error(world.ownServes);
          return world.ownServes;
        },
        peerUpTo: async (_, __, deadlineMs) => {
          world.waitedForPeer = deadlineMs;
          return world.peerServes;
        },
        problem: () => ({ haproxy: world.haproxy, store: world.database }),
        probe: async () => world.probe,
      },
      store: {
        commit: (commit) => {
          world.commits.push(commit);
          return world.commit();
        },
        isFollowing: () => world.following,
      },
      addressesOf: async () => [],
      onOpen: () => {},
    },
  );
}

const transaction = (changes: readonly Change[], more: Partial<TransactionInput> = {}) =>
  Transaction.parse({ changes, ...more });
const asker = { who: "token ci" };
const one = transaction([put("shop")]);

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

describe("the circuit", () => {
  it("opens by failures of the store, and later callers are told at once", async () => {
    world.commit = () => Promise.reject(new StoreFailure("disk full", false));
    const own = writer();
    for (const _ of [1, 2])
      await expect(own.write(one, asker)).rejects.toMatchObject({ code: "unavailable" });
    await expect(own.write(one, asker)).rejects.toMatchObject({
      code: "circuit-open",
      message: expect.stringContaining("disk full"),
    });
    expect(world.commits).toHaveLength(2);
    expect(own.circuit()).toMatchObject({ state: "OPEN", failureCount: 2 });
  });

  it.each(["haproxy", "database"] as const)("is open while the node knows a problem of %s", async (what) => {
    world[what] = `no ${what}`;
    const own = writer();
    await expect(own.write(one, asker)).rejects.toMatchObject({
      code: "circuit-open",
      message: `Circuit is open: no ${what}`,
    });
    expect(own.circuit().state).toBe("OPEN");
    expect(world.commits).toEqual([]);
    world[what] = null;
    expect(own.circuit().state).toBe("CLOSED");
    await own.write(one, asker);
  });

  it("stays closed where callers are wrong, or another node is slow", async () => {
    const own = writer("all");
    world.commit = () => Promise.reject(new StoreRefusal("taken", "t", "shop.example.com"));
    for (const _ of [1, 2, 3]) await expect(own.write(one, asker)).rejects.toMatchObject({ code: "taken" });
    world.commit = async () => ({ version: 8, before: [null] });
    world.peerServes = false;
    for (const _ of [1, 2, 3])
      await expect(own.write(one, asker)).rejects.toMatchObject({ code: "not-everywhere" });
    expect(own.circuit().state).toBe("CLOSED");
  });

  it("is not even asked about a request that is wrong in itself", async () => {
    world.database = "away";
    const wrong = transaction([put("shop"), put("shop.example.com")]);
    await expect(writer().write(wrong, asker)).rejects.toMatchObject({ code: "bad-request" });
    const forbidden = transaction([put("shop", "http://127.0.0.1")]);
    await expect(writer().write(forbidden, asker)).rejects.toMatchObject({ code: "forbidden-target" });
  });
});
