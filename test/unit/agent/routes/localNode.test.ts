import { rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readRoutesLog } from "../../../../agent/routes/log/routesLog.ts";
import { eventually } from "../daemon/watchFixtures.ts";
import { nodeBed, plain } from "./nodeFixtures.ts";
import { stored, transaction } from "./routeFixtures.ts";

let bed: Awaited<ReturnType<typeof nodeBed>>;
beforeEach(async () => {
  bed = await nodeBed();
});
afterEach(() => bed[Symbol.asyncDispose]());

const onDisk = () => readRoutesLog(bed.config.folder, bed.config.pair).table;

describe("a change", () => {
  test("is on disk and served when it counts, and the others are told", async () => {
    bed.stack.use(await bed.serve());
    const { store, node, events, problems } = bed.start();
    expect(store.followsAfter).toBeNull();
    await store.snapshot(bed.empty);
    const applied = node.appliedUpTo(1, 5000);
    await store.tell(bed.put(0, "a.test"));
    expect(await applied).toBe(true);
    expect(bed.haproxy.entries).toEqual({ "a.test": plain("10.0.9.5") });
    expect(onDisk().position).toEqual({ version: 1, mark: "m1" });
    expect([...onDisk().routes.keys()]).toEqual(["a.test"]);
    expect(node.table()).toMatchObject({ version: 1, routes: new Map([["a.test", { version: 1 }]]) });
    expect(store.acknowledged.at(-1)).toBe(1);
    expect(node.problem()).toEqual({ haproxy: null, store: null });
    expect(problems).toEqual({ haproxy: null, store: null, log: null });
    expect(events.filter(({ type }) => type === "routes" || type === "table")).toMatchObject([
      { type: "table", version: 0 },
      {
        type: "routes",
        version: 1,
        changes: [{ host: "a.test", route: { target: "http://10.0.9.5:3000" } }],
      },
    ]);
  });

  test("is no fault of HAProxy's before HAProxy was asked", async () => {
    const { node, problems } = bed.start();
    expect([node.problem().haproxy, "haproxy" in problems]).toEqual([null, false]);
  });

  test("of many routes is seen at one moment", async () => {
    bed.stack.use(await bed.serve());
    const { store } = bed.start();
    await store.snapshot(bed.empty);
    await store.tell(bed.put(0, "old.test"));
    const seen = new Set<string>();
    bed.haproxy.onCommand = () => seen.add(Object.keys(bed.haproxy.entries).toSorted().join(" "));
    await store.tell(
      transaction(1, ["a.test", "http://10.0.9.5"], ["b.test", "http://10.0.9.5"], ["old.test"]),
    );
    expect([...seen]).toEqual(["old.test", "a.test b.test"]);
  });

  test("does not count while HAProxy is away, is on disk, and counts as soon as it is back", async () => {
    const served = await bed.serve();
    const { store, node, problems } = bed.start();
    await store.snapshot(bed.empty);
    await served.disposeAsync();
    bed.haproxy.reload();
    const told = store.tell(bed.put(0, "a.test"));
    expect(await node.appliedUpTo(1, 300)).toBe(false);
    expect(node.table().version).toBe(0);
    expect(onDisk().position?.version).toBe(1);
    expect(node.problem().haproxy).toMatch(/haproxy\.sock: .*ENOENT/);
    expect(problems.haproxy).toBe(node.problem().haproxy);
    expect(node.figures()).toMatchObject({ lag: 1, version: 0, isHaproxyGood: false });
    bed.stack.use(await bed.serve());
    await told;
    expect(node.problem().haproxy).toBeNull();
    expect(bed.haproxy.entries).toEqual({ "a.test": plain("10.0.9.5") });
    expect(store.acknowledged.at(-1)).toBe(1);
    expect(node.figures()).toMatchObject({ lag: 0, version: 1, isHaproxyGood: true });
  });

  test("does not count while the log cannot be written, and counts as soon as it can", async () => {
    bed.stack.use(await bed.serve());
    const { store, node, events } = bed.start({ folder: `${bed.folder}/later` });
    const told = store.snapshot({ ...bed.empty, version: 1, routes: [stored("a.test", 1)] });
    expect(await node.appliedUpTo(1, 300)).toBe(false);
    // The writer sees it as a failure of the store: what is committed now would not be on this node's disk.
    expect(node.problem().store).toMatch(/later.*does not exist/);
    expect(store.acknowledged).toEqual([0]);
    await mkdir(`${bed.folder}/later`);
    await told;
    expect(node.problem()).toEqual({ haproxy: null, store: null });
    expect(events.filter(({ type }) => type === "log")).toMatchObject([
      { problem: expect.stringMatching(/later.*does not exist/) },
      { problem: null },
    ]);
    expect(store.acknowledged.at(-1)).toBe(1);
    expect(readRoutesLog(`${bed.folder}/later`, "main").table.position?.version).toBe(1);
  });

  test("that waits for HAProxy ends with the daemon, and is made by the next one", async () => {
    const served = await bed.serve();
    const first = bed.start();
    await first.store.snapshot(bed.empty);
    await served.disposeAsync();
    const told = expect(first.store.tell(bed.put(0, "a.test"))).rejects.toThrow(/no longer|no more/);
    expect(await first.node.appliedUpTo(1, 200)).toBe(false);
    await first.stop();
    await told;
    bed.stack.use(await bed.serve());
    const second = bed.start();
    await eventually(
      () => bed.haproxy.entries,
      (entries) => entries["a.test"] === plain("10.0.9.5"),
    );
    expect(second.store.followsAfter).toEqual({ version: 1, mark: "m1" });
  });
});

describe("a node that starts", () => {
  test("serves what its log has before the store says anything", async () => {
    bed.stack.use(await bed.serve());
    const first = bed.start();
    await first.store.snapshot({
      version: 3,
      mark: "m3",
      routes: [stored("a.test", 2), stored("b.test", 3)],
    });
    await first.store.tell(transaction(3, ["b.test"]));
    await first.stop();
    bed.haproxy.reload();
    const { node, store } = bed.start();
    expect(await node.appliedUpTo(4, 5000)).toBe(true);
    expect(bed.haproxy.entries).toEqual({ "a.test": plain("10.0.9.5") });
    expect(store.followsAfter).toEqual({ version: 4, mark: "m4" });
    expect(store.acknowledged).toEqual([4]);
  });

  test("leaves HAProxy as it is where its log is lost, until the store tells the table", async () => {
    bed.stack.use(await bed.serve());
    const first = bed.start();
    await first.store.snapshot({ version: 1, mark: "m1", routes: [stored("a.test", 1)] });
    await first.stop();
    rmSync(`${bed.config.folder}/routes.log`);
    const { store } = bed.start();
    const asked = bed.haproxy.commands.length;
    await eventually(
      () => bed.haproxy.commands.length,
      (count) => count > asked + 2,
    );
    expect(bed.haproxy.entries).toEqual({ "a.test": plain("10.0.9.5") });
    expect(store.followsAfter).toBeNull();
    await store.snapshot({ version: 1, mark: "m1", routes: [stored("b.test", 1)] });
    expect(bed.haproxy.entries).toEqual({ "b.test": plain("10.0.9.5") });
  });
});

test("a table that replaces all is on disk and served, and what peers have told before does not count", async () => {
  bed.stack.use(await bed.serve());
  const { store, node } = bed.start();
  await store.snapshot({ version: 7, mark: "m7", routes: [stored("a.test", 7)] });
  store.follower.acknowledged("haproxy2", 7);
  store.follower.acknowledged("haproxy9", 99);
  expect(await node.peerUpTo("haproxy2", 7, 100)).toBe(true);
  expect(await node.peerUpTo("haproxy2", 8, 100)).toBe(false);
  expect(await node.peerUpTo("haproxy9", 1, 100)).toBe(false);
  await store.snapshot({ version: 3, mark: "other", routes: [stored("b.test", 3)] });
  expect(bed.haproxy.entries).toEqual({ "b.test": plain("10.0.9.5") });
  expect(onDisk().position).toEqual({ version: 3, mark: "other" });
  expect(await node.appliedUpTo(4, 50)).toBe(false);
  expect(await node.peerUpTo("haproxy2", 3, 50)).toBe(false);
  const waiting = node.peerUpTo("haproxy2", 3, 5000);
  store.follower.acknowledged("haproxy2", 3);
  expect(await waiting).toBe(true);
});

describe("a target that is a name", () => {
  test("is served by its address, by its next one within its TTL, and by the last one at a start without name servers", async () => {
    bed.stack.use(await bed.serve());
    bed.records.set("app.internal", [{ address: "10.0.9.7", ttl: 0 }]);
    const first = bed.start();
    await first.store.snapshot(bed.empty);
    await first.store.tell(bed.put(0, "a.test", "http://app.internal:3000"));
    await first.store.tell(bed.put(1, "b.test"));
    expect(bed.haproxy.entries).toEqual({ "a.test": plain("10.0.9.7"), "b.test": plain("10.0.9.5") });
    bed.records.set("app.internal", [{ address: "10.0.9.8", ttl: 0 }]);
    await eventually(
      async () => {
        await first.node.refreshNames();
        return bed.haproxy.entries["a.test"];
      },
      (entry) => entry === plain("10.0.9.8"),
    );
    expect(first.node.table().version).toBe(2);
    await first.stop();

    bed.records.clear();
    bed.haproxy.reload();
    const { node } = bed.start();
    await node.appliedUpTo(2, 5000);
    await node.refreshNames();
    expect(bed.haproxy.entries).toEqual({ "a.test": plain("10.0.9.8"), "b.test": plain("10.0.9.5") });
    expect(node.figures().unresolved).toBe(1);
  });

  test("leads nowhere while it has no address, keeps nobody else waiting, and is served once it has one", async () => {
    bed.stack.use(await bed.serve());
    const { store, node } = bed.start();
    await store.snapshot(bed.empty);
    await store.tell(
      transaction(0, ["a.test", "http://app.internal:3000"], ["b.test", "http://10.0.9.5:3000"]),
    );
    expect(bed.haproxy.entries).toEqual({
      "a.test": "none||0|||30000|3600000|0|50|w",
      "b.test": plain("10.0.9.5"),
    });
    bed.records.set("app.internal", [{ address: "10.0.9.7", ttl: 30 }]);
    await eventually(
      async () => {
        await node.refreshNames();
        return bed.haproxy.entries["a.test"];
      },
      (entry) => entry === plain("10.0.9.7"),
    );
  });
});

test("the metrics say what the node has and has done", async () => {
  bed.stack.use(await bed.serve());
  const { store, registry } = bed.start();
  await store.snapshot(bed.empty);
  await store.tell(transaction(0, ["a.test", "http://10.0.9.5"], ["b.test", "http://10.0.9.5"]));
  store.follower.acknowledged("haproxy2", 1);
  bed.haproxy.reload();
  await eventually(
    () => registry.metrics(),
    (text) => text.includes("hapair_routes_reconciles_total 1"),
  );
  const text = await registry.metrics();
  for (const line of [
    "hapair_routes_count 2",
    "hapair_routes_version 2",
    "hapair_routes_lag 0",
    "hapair_routes_batches_total 2",
    "hapair_routes_changes_total 2",
    "hapair_routes_haproxy_up 1",
    "hapair_routes_store_up 1",
    "hapair_routes_log_up 1",
    "hapair_routes_servers_up 1",
    "hapair_routes_unresolved 0",
    'hapair_routes_peer_version{peer="haproxy2"} 1',
    "hapair_routes_apply_seconds_count 2",
  ])
    expect(text.split("\n")).toContain(line);
  expect(text).toMatch(/^hapair_routes_log_bytes \d{3,}$/m);
});
