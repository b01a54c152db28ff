import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readRoutesLog } from "../../../../agent/routes/log/routesLog.ts";
import { openWriter } from "../../../../agent/routes/writer/write.ts";
import { type Change, Transaction } from "../../../../contract/routes/change.ts";
import { eventually } from "../daemon/watchFixtures.ts";
import { MemoryDatabase } from "./memoryDatabase.ts";
import { nodeBed, plain } from "./nodeFixtures.ts";
import { put, remove } from "./writer/routes.ts";

/** Two nodes with a HAProxy each, and what callers of the first one are told. */
type Bed = Awaited<ReturnType<typeof nodeBed>>;
let [one, two]: Bed[] = [];
let database: MemoryDatabase;
beforeEach(async () => {
  database = new MemoryDatabase();
  [one, two] = await Promise.all([nodeBed(), nodeBed()]);
  for (const bed of beds()) bed.stack.use(await bed.serve());
});
afterEach(async () => {
  for (const bed of beds()) await bed[Symbol.asyncDispose]();
});

function beds(): readonly [Bed, Bed] {
  if (one === undefined || two === undefined) throw new Error("the nodes are not there");
  return [one, two];
}

const names = ["haproxy1", "haproxy2"] as const;
const configOf = (place: 0 | 1) => ({
  ...beds()[place].config,
  ...{ host: names[place], peers: [names[1 - place] ?? ""], peerDeadlineMs: 300 },
});

function startNode(place: 0 | 1) {
  const store = database.store(names[place]);
  return { store, ...beds()[place].startOn(store, configOf(place)) };
}

/** Both nodes, and the way of changes through the first one. */
async function start() {
  const [first, second] = [startNode(0), startNode(1)];
  for (const { node } of [first, second])
    await eventually(
      () => node.problem().haproxy,
      (problem) => problem === null,
    );
  const { node, store } = first;
  const onOpen = () => {};
  const writer = openWriter(configOf(0), { node, store, addressesOf: async () => [], onOpen });
  const write = (changes: readonly Change[]) => writer.write(Transaction.parse({ changes }), { who: "test" });
  return { first, second, write };
}

const served = () => beds().map(({ haproxy }) => haproxy.entries);
const onDisk = (place: 0 | 1) => readRoutesLog(beds()[place].config.folder, "main").table;
const hosts = { "a.test": plain("10.0.9.5"), "b.test": plain("10.0.9.5") };

/** From now on, or after the next commit, a HAProxy refuses every entry of this host with this address. */
function refuse(place: 0 | 1, host: string, address: string, when: "now" | "committed" = "committed"): void {
  const begin = () => {
    beds()[place].haproxy.refuses = (command) => command.includes(` ${host} plain|${address}|`);
  };
  if (when === "now") begin();
  else database.onCommit = begin;
}

describe("a change that HAProxy refuses after its commit", () => {
  test("is taken back whole: both nodes have on disk, and serve, what they had before", async () => {
    const { first, second, write } = await start();
    await write([put("a.test"), put("b.test")]);
    refuse(0, "c.test", "10.0.9.7");
    await expect(
      write([put("a.test", "http://10.0.9.8:3000"), remove("b.test"), put("c.test", "http://10.0.9.7:3000")]),
    ).rejects.toMatchObject({
      code: "refused",
      message:
        "HAProxy on haproxy1 does not take the change: haproxy refuses a change of its map of routes: Out of memory error. It was made, as version 5, and was taken back whole, as version 8",
    });
    expect(served()).toEqual([hosts, hosts]);
    for (const { node } of [first, second]) {
      expect(node.table().version).toBe(8);
      expect([...node.table().routes.keys()].toSorted()).toEqual(["a.test", "b.test"]);
    }
    for (const place of [0, 1] as const) {
      expect(onDisk(place).position?.version).toBe(8);
      expect(onDisk(place).routes.get("a.test")?.target).toBe("http://10.0.9.5:3000");
    }
    expect(await write([remove("b.test")])).toMatchObject({ appliedOn: names, pendingOn: [] });
    expect(served()).toEqual([{ "a.test": hosts["a.test"] }, { "a.test": hosts["a.test"] }]);
  });

  test("stops no other one of the same moment", async () => {
    const { write } = await start();
    await write([put("a.test")]);
    refuse(0, "bad.test", "10.0.9.7");
    const results = await Promise.allSettled([
      write([put("b.test")]),
      write([put("bad.test", "http://10.0.9.7:3000")]),
      write([put("c.test")]),
    ]);
    expect(results.map((result) => (result.status === "rejected" ? result.reason.code : "made"))).toEqual([
      "made",
      "refused",
      "made",
    ]);
    const all = { ...hosts, "c.test": plain("10.0.9.5") };
    await eventually(served, (found) => found.every((entries) => "c.test" in entries));
    expect(served()).toEqual([all, all]);
  });

  test.each(["before it starts", "while it runs"])(
    "is taken back on a node that was restarted in between, %s",
    async (when) => {
      const { first, write } = await start();
      await write([put("a.test")]);
      refuse(0, "bad.test", "10.0.9.7", "now");
      database.commit({ changes: [put("bad.test", "http://10.0.9.7:3000")], who: "test" });
      await eventually(
        () => onDisk(0).position?.version,
        (version) => version === 2,
      );
      const back = () => database.commit({ changes: [remove("bad.test")], who: "test", takesBack: 2 });
      await first.stop();
      if (when === "before it starts") back();
      const { node } = startNode(0);
      if (when === "while it runs") {
        expect(await node.appliedUpTo(2, 200).catch(() => false)).toBe(false);
        back();
      }
      expect(await node.appliedUpTo(3, 5000)).toBe(true);
      await eventually(served, (found) => found.every((entries) => !("bad.test" in entries)));
      expect(served()).toEqual([{ "a.test": hosts["a.test"] }, { "a.test": hosts["a.test"] }]);
      expect(onDisk(0).position?.version).toBe(3);
    },
  );
});

test("a change that the other node's HAProxy refuses is pending there, and so is every one behind it, until it takes it", async () => {
  const { second, write } = await start();
  await write([put("a.test")]);
  refuse(1, "b.test", "10.0.9.5");
  const pending = { appliedOn: ["haproxy1"], pendingOn: ["haproxy2"] };
  expect(await write([put("b.test")])).toMatchObject(pending);
  expect(await write([put("c.test")])).toMatchObject(pending);
  const all = { ...hosts, "c.test": plain("10.0.9.5") };
  expect(served()).toEqual([all, { "a.test": hosts["a.test"] }]);
  await eventually(
    () => second.node.figures(),
    ({ version, lag }) => version === 1 && lag === 2,
  );
  beds()[1].haproxy.refuses = () => false;
  expect(await second.node.appliedUpTo(3, 5000)).toBe(true);
  expect(served()).toEqual([all, all]);
  expect(await write([remove("c.test")])).toMatchObject({ appliedOn: names, pendingOn: [] });
});
