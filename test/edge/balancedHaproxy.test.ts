import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runtimeClient } from "../../agent/haproxy/runtime.ts";
import { balanceAsRoot } from "../../agent/routes/balanced/asRoot.ts";
import { readRunning } from "../../agent/routes/balanced/commands.ts";
import type { LocalNode } from "../../agent/routes/localNode.ts";
import type { RouteInput } from "../../contract/routes/route.ts";
import { signed } from "../harness/certificates.ts";
import { openWebSocket } from "../harness/openWebSocket.ts";
import { TestStore } from "../unit/agent/routes/nodeFixtures.ts";
import { routeWith } from "../unit/agent/routes/routeFixtures.ts";
import { asking, get, rawTarget } from "./routesHaproxy/clients.ts";
import { type FickleTarget, fickleTarget } from "./routesHaproxy/fickleTarget.ts";
import { RealHaproxy } from "./routesHaproxy/realHaproxy.ts";
import { configOf, nodeOn } from "./routesHaproxy/realNode.ts";

/** Routes with several targets, checks and queues in a real HAProxy: root's part is done in this process. */
let haproxy: RealHaproxy;
let targets: FickleTarget[] = [];
beforeAll(async () => {
  haproxy = await RealHaproxy.make();
});
afterAll(() => haproxy?.remove());

let node: LocalNode;
let store: TestStore;
const problems: string[] = [];
let version = 0;
const drainS = 3;

const config = () => ({
  ...configOf(haproxy),
  balanced: { drainS, authorities: "/etc/ssl/certs/ca-certificates.crt" },
});
const client = (socket: string) => runtimeClient(socket, { timeoutMs: 2000 });
const running = () => readRunning(client(haproxy.socket));
const servers = async () => (await running()).servers;
const balance = () =>
  balanceAsRoot(config(), { runtime: client(haproxy.adminSocket), master: client(haproxy.masterSocket) });

function startNode(): void {
  store = new TestStore();
  node = nodeOn(config(), problems, { running, balance });
  node.start(store);
}

beforeEach(async () => {
  rmSync(config().folder, { recursive: true, force: true });
  mkdirSync(config().folder);
  problems.length = 0;
  version = 0;
  targets = await Promise.all(["one", "two", "three"].map((name) => fickleTarget(name)));
  startNode();
  await store.snapshot({ version: 0, mark: "m0", routes: [] });
});
afterEach(async () => {
  await put({});
  await node.stop();
  for (const target of targets) target.close();
});

const host = "shop.test";
/** Makes the route; one without targets goes. Resolves when that counts. */
async function put({ targets: list, options }: Pick<RouteInput, "targets" | "options">): Promise<void> {
  version += 1;
  const route = list === undefined ? null : routeWith({ host, targets: list, options });
  await store.tell([{ version, mark: `m${version}`, transaction: version, host, route }]);
}
const all = (...weights: readonly number[]) =>
  targets.map(({ url }, index) => ({ url, weight: weights[index] ?? 1 }));
const check = { path: "/health?deep=1", intervalMs: 100, fall: 2, rise: 2 };
const edge = (path?: string) => get(haproxy.ports.edge, host, path);
const webSocket = () => openWebSocket(connect(haproxy.ports.edge, "127.0.0.1"), host);
const answers = async (count: number) => {
  const found: Record<string, number> = {};
  for (let index = 0; index < count; index += 1) {
    const { status, body } = await edge();
    found[`${status} ${body}`] = (found[`${status} ${body}`] ?? 0) + 1;
  }
  return found;
};
/** Each target answers about as many requests; HAProxy's round begins in the middle. */
async function expectShares(shares: Readonly<Record<string, number>>): Promise<void> {
  const found = await answers(Object.values(shares).reduce((sum, share) => sum + share, 0));
  expect(Object.keys(found).toSorted()).toEqual(
    Object.keys(shares)
      .map((name) => `200 ${name}`)
      .toSorted(),
  );
  for (const [name, share] of Object.entries(shares))
    expect(Math.abs((found[`200 ${name}`] ?? 0) - share)).toBeLessThan(10);
}
const target = (index: number) => {
  const found = targets[index];
  if (found === undefined) throw new Error(`there is no target ${index}`);
  return found;
};

describe("a route with several targets", () => {
  it("gives each its share of the requests by its weight, and follows new weights without a new server", async () => {
    await put({ targets: all(1, 3, 0) });
    await expectShares({ one: 25, two: 75 });
    const before = (await servers()).map(({ name }) => name);
    await put({ targets: all(1, 1, 2) });
    await expectShares({ one: 50, two: 50, three: 100 });
    expect((await servers()).map(({ name }) => name)).toEqual(before);
    expect(problems).toEqual([]);
  });

  it("costs no client anything when a target refuses connections", async () => {
    await put({ targets: all() });
    target(1).close();
    expect(Object.keys(await answers(30)).toSorted()).toEqual(["200 one", "200 three"]);
  });

  it("asks another target where one closes without an answer, unless the route says otherwise", async () => {
    const closing = await rawTarget("close");
    const list = [{ url: closing.url }, { url: target(0).url }];
    await put({ targets: list });
    expect(await answers(6)).toEqual({ "200 one": 6 });
    await put({ targets: list, options: { retryOn: "conn-failure" } });
    expect(Object.keys(await answers(6))).toContainEqual(expect.stringMatching(/^502 /));
    closing.close();
  });

  it("becomes one with a single target, and has no server left", async () => {
    await put({ targets: all() });
    // Those of the test before may be on their way out.
    await expect.poll(async () => (await servers()).length, { timeout: 10_000 }).toBe(3);
    version += 1;
    const route = routeWith({ host, target: target(2).url });
    await store.tell([{ version, mark: `m${version}`, transaction: version, host, route }]);
    expect(await answers(4)).toEqual({ "200 three": 4 });
    await expect.poll(servers, { timeout: 10_000 }).toEqual([]);
  });
});

describe("a check", () => {
  const down = async () => (await client(haproxy.socket).ask("show stat")).match(/,DOWN,/g)?.length ?? 0;

  it("takes a target out that fails, so that no request fails any more, and in again when it is fit", async () => {
    await put({ targets: all(), options: { check } });
    await expect.poll(() => target(0).checkedAs, { timeout: 5000 }).toBe(host);
    target(1).isFit = false;
    await expect.poll(down, { timeout: 5000, interval: 20 }).toBe(1);
    expect(Object.keys(await answers(20)).toSorted()).toEqual(["200 one", "200 three"]);
    target(1).isFit = true;
    const names = async () => Object.keys(await answers(9)).toSorted();
    await expect.poll(names, { timeout: 5000 }).toEqual(["200 one", "200 three", "200 two"]);
    expect(problems).toEqual([]);
  });

  it("comes before the first request to a target that joins others", async () => {
    await put({ targets: all().slice(0, 2), options: { check } });
    target(2).isFit = false;
    await put({ targets: all(), options: { check } });
    expect(Object.keys(await answers(100)).toSorted()).toEqual(["200 one", "200 two"]);
    target(2).isFit = true;
    await expect.poll(async () => Object.keys(await answers(9)).length, { timeout: 5000 }).toBe(3);
    expect(problems).toEqual([]);
  });

  it("is no need: ten failed answers of clients in a row take a target out, too", async () => {
    await put({ targets: all(), options: { check: { ...check, intervalMs: 60_000 } } });
    target(2).fails = true;
    const { "500 three": failed = 0 } = await answers(60);
    expect(failed).toBe(10);
    expect(await answers(20)).not.toHaveProperty("500 three");
  });

  it("goes by TLS to a target with https, as requests do", async () => {
    const { key, certificate } = signed("target.test");
    const secure = await fickleTarget("secure", { key, cert: certificate });
    await put({
      targets: [{ url: secure.url }],
      options: { check, verify: false, serverName: "target.test" },
    });
    await expect.poll(() => secure.checkedAs, { timeout: 5000 }).toBe(host);
    expect(await answers(5)).toEqual({ "200 secure": 5 });
    secure.close();
  });

  it("asks for the route's new path after a change", async () => {
    await put({ targets: all(), options: { check } });
    await put({
      targets: all(),
      options: { check: { ...check, path: "/health" }, hostHeader: "inner.test" },
    });
    await expect.poll(() => target(0).checkedAs, { timeout: 5000 }).toBe("inner.test");
  });
});

describe("a queue", () => {
  it("has requests wait that are more than the limit, and refuses those that are more than it holds", async () => {
    await put({ targets: all().slice(0, 1), options: { maxConnections: 1, queue: 2 } });
    const [first, ...others] = await Promise.all([edge("/slow"), edge("/slow"), edge("/slow")]);
    expect([first, ...others].map((answer) => answer?.status)).toEqual([200, 200, 200]);
    // Those of the test before may be on their way out.
    const serving = (await servers()).filter(({ isLeaving }) => !isLeaving);
    expect(serving).toMatchObject([{ limit: 1 }]);
  });
});

describe("a target that goes", () => {
  it("keeps its WebSockets until the bound, gets nothing new, and then is gone", async () => {
    await put({ targets: all() });
    const open = await Promise.all(Array.from({ length: 30 }, () => webSocket()));
    const leaving = open.filter((one) => one.target === "two");
    // Threads that choose at the same moment share evenly, but not to the last one.
    expect(Math.abs(leaving.length - 10)).toBeLessThan(4);
    leaving[0]?.end();
    const goneAtMs = performance.now();
    await put({ targets: all().filter((_, index) => index !== 1) });
    expect(Object.keys(await answers(20)).toSorted()).toEqual(["200 one", "200 three"]);
    expect(await Promise.all(leaving.slice(1).map((one) => one.echoes()))).not.toContain(false);
    await expect
      .poll(() => leaving.every(({ closedAtMs }) => closedAtMs !== undefined), { timeout: 15_000 })
      .toBe(true);
    for (const { closedAtMs = 0 } of leaving.slice(1))
      expect(closedAtMs - goneAtMs).toBeGreaterThan((drainS - 1) * 1000);
    await expect.poll(servers, { timeout: 10_000 }).toHaveLength(2);
    const others = open.filter((one) => one.target !== "two");
    expect(await Promise.all(others.map((one) => one.echoes()))).not.toContain(false);
    for (const one of others) one.end();
    expect(problems).toEqual([]);
  });

  it("and comes back meanwhile serves again", async () => {
    await put({ targets: all() });
    const held = await webSocket();
    await put({
      targets: all().filter(({ url }) => targets.find(({ name }) => name === held.target)?.url !== url),
    });
    await put({ targets: all() });
    expect(Object.keys(await answers(30)).toSorted()).toEqual(["200 one", "200 three", "200 two"]);
    expect(await held.echoes()).toBe(true);
    held.end();
  });
});

describe("a new worker", () => {
  /** As HAProxy's unit does before each start and reload. */
  async function writeMap(): Promise<void> {
    writeFileSync(join(haproxy.folder, "routes.json"), JSON.stringify(config()));
    const program = join(import.meta.dirname, "../../agent/main.ts");
    await execa(process.execPath, [program, "routes-map", "--config", haproxy.folder]);
  }

  it("serves from its first moment, and by all targets as soon as the agent has seen it", async () => {
    await put({ targets: all(), options: { check } });
    const asked = asking(haproxy.ports.edge, host, "one", "two", "three");
    for (let round = 0; round < 3; round += 1) {
      await writeMap();
      await haproxy.reload();
      await expect.poll(async () => (await servers()).length, { timeout: 10_000 }).toBe(3);
    }
    expect(await asked.stop()).toEqual([]);
    expect(Object.keys(await answers(9))).toHaveLength(3);
  });

  it("that starts without the agent leads to the first target, and to all when it is back", async () => {
    await put({ targets: all() });
    await node.stop();
    await haproxy.kill();
    await writeMap();
    await haproxy.start();
    expect(await answers(4)).toEqual({ "200 one": 4 });
    startNode();
    await expect.poll(async () => Object.keys(await answers(9)).length, { timeout: 10_000 }).toBe(3);
  });
});
