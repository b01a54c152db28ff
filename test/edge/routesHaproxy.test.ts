import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { LocalNode } from "../../agent/routes/localNode.ts";
import { TestStore } from "../unit/agent/routes/nodeFixtures.ts";
import { routeTo, stored, transaction } from "../unit/agent/routes/routeFixtures.ts";
import {
  asking,
  get,
  type HttpTarget,
  keepAlive,
  rawTarget,
  type Target,
  target,
} from "./routesHaproxy/clients.ts";
import { RealHaproxy } from "./routesHaproxy/realHaproxy.ts";
import { configOf, nodeOn } from "./routesHaproxy/realNode.ts";

/** A node's routes in a real HAProxy: the store says what a test has it say. */
let haproxy: RealHaproxy;
let one: HttpTarget;
let two: HttpTarget;
beforeAll(async () => {
  haproxy = await RealHaproxy.make();
  [one, two] = await Promise.all([target("one"), target("two")]);
});
afterAll(async () => {
  await haproxy?.remove();
  one?.close();
  two?.close();
});

let node: LocalNode;
let store: TestStore;
const problems: string[] = [];
let last = 0;

const config = () => configOf(haproxy);

function startNode(): void {
  store = new TestStore();
  node = nodeOn(config(), problems);
  node.start(store);
}

beforeEach(async () => {
  rmSync(config().folder, { recursive: true, force: true });
  mkdirSync(config().folder);
  problems.length = 0;
  last = 0;
  startNode();
  await store.snapshot({ version: 0, mark: "m0", routes: [] });
});
afterEach(() => node.stop());

/** As HAProxy's unit does before each start and reload. */
async function writeMap(): Promise<void> {
  writeFileSync(join(haproxy.folder, "routes.json"), JSON.stringify(config()));
  const program = join(import.meta.dirname, "../../agent/main.ts");
  await execa(process.execPath, [program, "routes-map", "--config", haproxy.folder]);
}

/** One transaction: hosts with their targets, or without one where they go. Resolves when it counts. */
async function make(...changes: Parameters<typeof transaction>[1][]): Promise<void> {
  const numbered = transaction(last, ...changes);
  last += changes.length;
  await store.tell(numbered);
}
const edge = (host: string, path?: string) => get(haproxy.ports.edge, host, path);
const answered = async (host: string) => (await edge(host)).body;

describe("a client of the edge", () => {
  it("is served by each change as soon as it counts", async () => {
    expect((await edge("shop.test")).status).toBe(404);
    for (let round = 0; round < 200; round += 1) {
      const wanted = round % 2 === 0 ? one : two;
      await make(["shop.test", wanted.url]);
      expect(await answered("shop.test")).toBe(wanted === one ? "one" : "two");
    }
    await make(["shop.test"]);
    expect((await edge("shop.test")).status).toBe(404);
    expect(problems).toEqual([]);
  });

  it("never sees half of a transaction", async () => {
    const hosts = Array.from({ length: 1000 }, (_, index) => `h${index}.test`);
    const move = (to: Target) => make(...hosts.map((host): [string, string] => [host, to.url]));
    await move(one);
    const agent = keepAlive();
    const seen = async (host: string) => (await get(haproxy.ports.edge, host, "/", agent)).body;
    let isOver = false;
    const halves: string[] = [];
    let moved = 0;
    // What one host says, every other one says too, or what comes next.
    const watching = (async () => {
      while (!isOver) {
        const round = moved;
        const words: string[] = [];
        for (const host of ["h0.test", "h999.test", "h1.test", "h998.test"]) words.push(await seen(host));
        const changes = words.filter((word, index) => index > 0 && word !== words[index - 1]).length;
        if (changes > moved + 1 - round) halves.push(words.join(" "));
      }
    })();
    for (; moved < 20; moved += 1) await move(moved % 2 === 0 ? two : one);
    isOver = true;
    await watching;
    agent.destroy();
    expect(halves).toEqual([]);
    expect(problems).toEqual([]);
  });

  it("gets its answer although its route goes meanwhile", async () => {
    await make(["shop.test", one.url]);
    const isAsked = one.asked();
    const slow = edge("shop.test", "/slow");
    await isAsked;
    await make(["shop.test"]);
    expect((await edge("shop.test")).status).toBe(404);
    expect(await slow).toMatchObject({ status: 200, body: "one" });
  });

  it("that has kept its connection over a reload gets one more answer of the old map, and then the connection ends", async () => {
    await make(["shop.test", one.url]);
    const agent = keepAlive();
    const ask = () => get(haproxy.ports.edge, "shop.test", "/", agent);
    expect(await ask()).toMatchObject({ body: "one", closes: false });
    await haproxy.reload();
    await make(["shop.test", two.url]);
    expect(await ask()).toMatchObject({ body: "one", closes: true });
    expect(await ask()).toMatchObject({ body: "two", closes: false });
    agent.destroy();
  });
});

describe("nothing that counts is lost, and no request fails", () => {
  it("over reloads, while routes change", async () => {
    await make(["stable.test", one.url]);
    const clients = [1, 2, 3].map(() => asking(haproxy.ports.edge, "stable.test", "one"));
    let isReloading = true;
    const reloading = (async () => {
      for (let round = 0; round < 5; round += 1) {
        await writeMap();
        await haproxy.reload();
      }
      isReloading = false;
    })();
    let changes = 0;
    while (isReloading) {
      const wanted = changes % 2 === 0 ? one : two;
      await make(["shop.test", wanted.url], [`h${changes}.test`, wanted.url]);
      changes += 1;
      await expect
        .poll(() => answered("shop.test"), { timeout: 10_000, interval: 1 })
        .toBe(wanted === one ? "one" : "two");
    }
    await reloading;
    for (const { stop } of clients) expect(await stop()).toEqual([]);
    expect(changes).toBeGreaterThan(5);
    for (let index = 0; index < changes; index += 1)
      expect(await answered(`h${index}.test`)).toBe(index % 2 === 0 ? "one" : "two");
  });

  it("when HAProxy is killed: it starts with every route, also without the daemon", async () => {
    await make(["a.test", one.url], ["b.test", two.url]);
    await make(["c.test", one.url]);
    await make(["b.test"]);
    await node.stop();
    await haproxy.kill();
    await writeMap();
    await haproxy.start();
    expect(await Promise.all(["a.test", "c.test"].map(answered))).toEqual(["one", "one"]);
    expect((await edge("b.test")).status).toBe(404);
    startNode();
    expect(await node.appliedUpTo(last, 5000)).toBe(true);
    expect(await Promise.all(["a.test", "c.test"].map(answered))).toEqual(["one", "one"]);
  });

  it("while it does not run: a change waits, and is served when it does", async () => {
    await haproxy.kill();
    const made = make(["a.test", one.url]);
    expect(await node.appliedUpTo(1, 300)).toBe(false);
    expect(node.problem().haproxy).not.toBeNull();
    await haproxy.start();
    await made;
    expect(await answered("a.test")).toBe("one");
    expect(node.problem().haproxy).toBeNull();
  });
});

it("ten thousand routes are served whole, again and again", async () => {
  const routes = (to: Target) =>
    Array.from({ length: 10_000 }, (_, index) => stored(`h${index}.test`, index + 1, to.url));
  for (const [version, to, name] of [
    [10_000, one, "one"],
    [20_000, two, "two"],
    [30_000, one, "one"],
  ] as const) {
    await store.snapshot({ version, mark: `m${version}`, routes: routes(to) });
    last = version;
    for (const index of [0, 1, 4999, 9999]) expect(await answered(`h${index}.test`)).toBe(name);
  }
  await make(["h5000.test", two.url]);
  expect(await answered("h5000.test")).toBe("two");
  await haproxy.reload();
  await expect.poll(() => answered("h9999.test"), { timeout: 10_000, interval: 5 }).toBe("one");
  expect(await answered("h5000.test")).toBe("two");
  expect(problems).toEqual([]);
});

describe("a probe", () => {
  const probe = (url: string) => node.probe(routeTo(url, { host: "new.test" }));

  it("finds a target that answers, and leaves no route", async () => {
    expect(await probe(one.url)).toBeNull();
    expect((await edge("new.test")).status).toBe(404);
  });

  it.each([
    ["refuses connections", async () => ({ ...(await closed()) }), /accepts no connection/],
    ["closes them without a word", () => rawTarget("close"), /closes the connection without an answer/],
    ["speaks something else than HTTP", () => rawTarget("220 mail\r\n"), /answers no HTTP/],
    ["does not answer in time", () => rawTarget("silence"), /does not answer in time/],
  ])("says why of one that %s", async (_, open, why) => {
    const raw = await open();
    expect(await probe(raw.url)).toMatch(why);
    raw.close();
  });

  it("says why of a name without an address", async () => {
    expect(await probe("http://nowhere.invalid")).toMatch(/^nowhere\.invalid: /);
  });
});

async function closed(): Promise<Target> {
  const gone = await target("gone");
  gone.close();
  return gone;
}
