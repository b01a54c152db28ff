import { mkdirSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LocalNode } from "../../agent/routes/localNode.ts";
import { openWriter } from "../../agent/routes/writer/write.ts";
import { Transaction } from "../../contract/routes/change.ts";
import { MemoryDatabase } from "../unit/agent/routes/memoryDatabase.ts";
import { put } from "../unit/agent/routes/writer/routes.ts";
import { get, type Target, target } from "./routesHaproxy/clients.ts";
import { RealHaproxy } from "./routesHaproxy/realHaproxy.ts";
import { configOf, nodeOn } from "./routesHaproxy/realNode.ts";

/** A real HAProxy that has no more memory, the one reason for which it refuses a route that is one. */
let haproxy: RealHaproxy;
let [one, two]: Target[] = [];
let database: MemoryDatabase;
let node: LocalNode;
let write: (hosts: readonly string[], to: Target | undefined) => Promise<unknown>;

beforeEach(async () => {
  [haproxy, one, two] = await Promise.all([RealHaproxy.make(), target("one"), target("two")]);
  const config = { ...configOf(haproxy), peers: [] };
  mkdirSync(config.folder);
  database = new MemoryDatabase();
  node = nodeOn(config, []);
  const store = database.store(node.name);
  const writer = openWriter(config, { node, store, addressesOf: async () => [], onOpen: () => {} });
  write = (hosts, to) =>
    writer
      .write(Transaction.parse({ changes: changesOf(hosts, to) }), { who: "test" })
      .catch((error) => error);
});
afterEach(async () => {
  await node?.stop();
  await haproxy?.remove();
  one?.close();
  two?.close();
});

/** Enough to answer by, and not for a thousand routes with long names. */
const littleBytes = 384 * 1024;
/** Enough to try a change out, and not for thirty thousand routes. */
const someBytes = 4 * 1024 * 1024;
const changesOf = (hosts: readonly string[], to: Target | undefined) =>
  hosts.map((host) => put(host, to?.url));
const many = (count: number, domain = "test") =>
  Array.from({ length: count }, (_, index) => `h${index}.${domain}`);
const longDomain = `${"x".repeat(63)}.${"y".repeat(63)}.${"z".repeat(63)}.test`;
const answered = async (host: string) => {
  const { status, body } = await get(haproxy.ports.edge, host);
  return status === 200 ? body : status;
};

async function start(): Promise<void> {
  node.start(database.store(node.name));
  expect(await node.appliedUpTo(database.version, 30_000)).toBe(true);
  await expect.poll(() => node.problem().haproxy).toBeNull();
}

describe("a HAProxy without memory", () => {
  it("refuses a transaction when it is tried: nothing is committed, and it is made once there is some", async () => {
    await start();
    await write(["shop.test"], one);
    await haproxy.limitMemory(littleBytes);
    // Its circuit is open for as long as the agent's own look was refused, while HAProxy's memory was filled.
    await expect
      .poll(async () => String(await write(many(1000, longDomain), two)))
      .toMatch(
        /^RouteProblem: nothing was changed: HAProxy on haproxy1 would not take it \((out of memory|Failed to add)/,
      );
    expect(database.version).toBe(1);
    expect([await answered("shop.test"), await answered(`h0.${longDomain}`)]).toEqual(["one", 404]);
    await haproxy.limitMemory();
    await expect.poll(() => node.problem().haproxy).toBeNull();
    expect(await write(many(1000, longDomain), two)).toMatchObject({
      version: 1001,
      appliedOn: ["haproxy1"],
    });
    expect([await answered("shop.test"), await answered(`h999.${longDomain}`)]).toEqual(["one", "two"]);
  });

  it("has a transaction taken back whole for which its map does not fit, and no client sees any of it", async () => {
    const hosts = many(30_000);
    database.commit({ changes: changesOf(hosts, one), who: "test" });
    await start();
    await haproxy.limitMemory(someBytes);
    // Where the agent's next look finds no memory for its connection, the map before is refused as well, until there is some.
    let commits = 0;
    database.onCommit = () => {
      commits += 1;
      if (commits === 2) void haproxy.limitMemory();
    };
    expect(String(await write(["h1.test", "new.test"], two))).toMatch(
      /^RouteProblem: HAProxy on haproxy1 does not take the change: haproxy refuses a change of its map of routes: (out of memory|Failed to add).*\. It was made, as version 30002, and was taken back whole, as version 30004$/,
    );
    expect(node.table().version).toBe(30_004);
    const seen = async () => Promise.all(["h0.test", "h1.test", "h29999.test", "new.test"].map(answered));
    expect(await seen()).toEqual(["one", "one", "one", 404]);
    await expect.poll(() => node.problem().haproxy).toBeNull();
    expect(await write(["h1.test", "new.test"], two)).toMatchObject({ version: 30_006 });
    expect(await seen()).toEqual(["one", "two", "one", "two"]);
  });
});
