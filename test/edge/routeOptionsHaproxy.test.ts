import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { runtimeClient } from "../../agent/haproxy/runtime.ts";
import { statLines } from "../../agent/haproxy/stats.ts";
import type { LocalNode } from "../../agent/routes/localNode.ts";
import type { RouteInput } from "../../contract/routes/route.ts";
import { publicAuthorities } from "../../topology/schema/tls.ts";
import { signed } from "../harness/certificates.ts";
import { freePort } from "../harness/freePort.ts";
import { TestStore } from "../unit/agent/routes/nodeFixtures.ts";
import { routeWith } from "../unit/agent/routes/routeFixtures.ts";
import { ask, keepAlive } from "./routesHaproxy/clients.ts";
import { edgeConfig } from "./routesHaproxy/edgeConfig.ts";
import { RealHaproxy } from "./routesHaproxy/realHaproxy.ts";
import { configOf, nodeOn } from "./routesHaproxy/realNode.ts";
import { type ScriptedTarget, scriptedTarget } from "./routesHaproxy/scriptedTarget.ts";

/** Options of routes in a real HAProxy with the edge's own configuration. */
let haproxy: RealHaproxy;
let node: LocalNode;
let target: ScriptedTarget;
const store = new TestStore();
const problems: string[] = [];
let version = 0;
/** In place of the public ones, which the edge trusts. */
const authority = signed("authority of targets");

beforeAll(async () => {
  haproxy = await RealHaproxy.make((folder, ports) => {
    const authorities = join(folder, "authorities.pem");
    writeFileSync(authorities, authority.certificate);
    return edgeConfig(folder, ports).replaceAll(publicAuthorities, authorities);
  });
  const config = configOf(haproxy);
  mkdirSync(config.folder);
  node = nodeOn(config, problems);
  node.start(store);
  await store.snapshot({ version: 0, mark: "m0", routes: [] });
});
afterAll(async () => {
  await node?.stop();
  await haproxy?.remove();
});
beforeEach(async () => {
  target = await scriptedTarget();
});
afterEach(() => {
  target.close();
  expect(problems).toEqual([]);
});

const host = "shop.test";
/** Resolves when the route is served. */
async function put(options: RouteInput["options"], url = target.url): Promise<void> {
  version += 1;
  const route = routeWith({ host, target: url, options });
  await store.tell([{ version, mark: `m${version}`, transaction: version, host, route }]);
}
const answer = (method = "GET", headers = {}) => ask(haproxy.ports.edge, { host, method, headers });
const status = async (method?: string) => (await answer(method)).status;

/** Attempts after refused ones in a backend, which come a second later. */
const refused = async (backend: string) => {
  const { servers } = statLines(await runtimeClient(haproxy.socket, { timeoutMs: 1000 }).ask("show stat"));
  return servers.find(({ pxname, svname }) => pxname === backend && svname === "plain")?.wretr;
};

describe("a request", () => {
  it("waits for a target that restarts, as long as it may be sent again", async () => {
    const port = await freePort();
    await put({ retries: 2 }, `http://127.0.0.1:${port}`);
    const asked = status("POST");
    await expect.poll(() => refused("edge-retries2"), { interval: 10 }).toBe(1);
    const restarted = await scriptedTarget({ port });
    expect(await asked).toBe(200);
    restarted.close();
  });

  it("is answered at once where its target refuses the connection and retries are 0", async () => {
    await put({ retries: 0 }, `http://127.0.0.1:${await freePort()}`);
    const begunAtMs = performance.now();
    expect(await status()).toBe(503);
    expect(performance.now() - begunAtMs).toBeLessThan(900);
  });

  it.each([
    ["conn-failure", "GET", "close", 502, 1],
    ["empty-response", "GET", "close", 200, 2],
    ["empty-response", "HEAD", "close", 200, 2],
    ["empty-response", "POST", "close", 502, 1],
    ["empty-response", "DELETE", "close", 502, 1],
    ["empty-response", "GET", 503, 503, 1],
    ["all-retryable-errors", "GET", "close", 200, 2],
    ["all-retryable-errors", "GET", "silence", 200, 2],
    ["all-retryable-errors", "GET", 503, 200, 2],
    ["all-retryable-errors", "PUT", 503, 503, 1],
    ["all-retryable-errors", "POST", "silence", 504, 1],
  ] as const)(
    "with retryOn %s: %s, first answer %s: the client gets %i, the target %i of them",
    async (retryOn, method, first, expected, count) => {
      await put({ retryOn, responseTimeoutMs: 300 });
      target.steps = [first];
      expect(await status(method)).toBe(expected);
      expect(target.asked).toHaveLength(count);
    },
  );

  it("is sent again as often as the route says, and the last answer is the client's", async () => {
    for (const retries of [1, 2, 3]) {
      await put({ retries, retryOn: "all-retryable-errors" });
      target.steps = [503, 503, 503, 502];
      target.asked.length = 0;
      expect(await status()).toBe(retries === 3 ? 502 : 503);
      expect(target.asked).toHaveLength(retries + 1);
    }
  });

  it("goes to the same target by TLS again", async () => {
    const { key, certificate: cert } = signed("target");
    const secure = await scriptedTarget({ tls: { key, cert } });
    await put({ retryOn: "all-retryable-errors", verify: false }, secure.url);
    secure.steps = [500];
    expect(await status()).toBe(200);
    expect(secure.asked).toHaveLength(2);
    secure.close();
  });
});

describe("a target with https", () => {
  it.each([
    ["of a trusted authority and with the route's server name", authority, "target.test", true, 200],
    ["of a trusted authority and with another name", authority, "other.test", true, 503],
    ["of an authority that is not trusted", signed("another authority"), "target.test", true, 503],
    [
      "of any kind, where the route says not to verify it",
      signed("another authority"),
      "other.test",
      false,
      200,
    ],
  ] as const)("with a certificate %s", async (_, by, name, verify, expected) => {
    const { key, certificate: cert } = signed("target", by, `DNS:${name}`);
    const secure = await scriptedTarget({ tls: { key, cert } });
    await put({ serverName: "target.test", verify, retries: 0, breakerFailures: 0 }, secure.url);
    expect(await status()).toBe(expected);
    expect(secure.asked).toHaveLength(expected === 200 ? 1 : 0);
    secure.close();
  });
});

describe("headers of a route", () => {
  it("come to the target in place of the client's, and others go", async () => {
    await put({ requestHeaders: { "X-Tenant": 'a; b|c="d\\, %[src] 100%', "X-Debug": null, Accept: "*/*" } });
    await answer("GET", { "x-tenant": "forged", "x-debug": "1", "x-other": "stays" });
    const { headers } = target.asked[0] ?? {};
    expect(headers).toMatchObject({
      "x-tenant": 'a; b|c="d\\, %[src] 100%',
      accept: "*/*",
      "x-other": "stays",
    });
    expect(headers).not.toHaveProperty("x-debug");
  });

  it("come to the client in place of the target's, and not of what the edge itself answers", async () => {
    await put({ responseHeaders: { "Cache-Control": "no-store", Server: null }, breakerFailures: 0 });
    target.headers = { "cache-control": "public", server: "secret/1.0", "x-other": "stays" };
    const { headers } = await answer();
    expect(headers).toMatchObject({ "cache-control": "no-store", "x-other": "stays" });
    expect(headers).not.toHaveProperty("server");
    target.close();
    const own = await answer();
    expect(own.status).toBe(503);
    expect(own.headers["cache-control"]).not.toBe("no-store");
  });

  it("are found behind a class of retries, in both directions", async () => {
    await put({
      ...{ retries: 2, retryOn: "all-retryable-errors" },
      ...{ requestHeaders: { "x-tenant": "a" }, responseHeaders: { "x-served-by": "edge" } },
    });
    target.steps = [503];
    expect(await answer()).toMatchObject({ status: 200, headers: { "x-served-by": "edge" } });
    expect(target.asked.map(({ headers }) => headers["x-tenant"])).toEqual(["a", "a"]);
  });

  it("are those of the route alone, and change with it", async () => {
    await put({ requestHeaders: { "x-tenant": "a" } });
    await answer();
    await put({});
    await answer();
    expect(target.asked.map(({ headers }) => headers["x-tenant"])).toEqual(["a", undefined]);
  });

  it("as large as they may be are served, and by a new worker from its file, too", async () => {
    const names = Array.from({ length: 16 }, (_, index) => `x-header-${String(index).padStart(2, "0")}`);
    const value = "v".repeat(2000 / 16 - 11);
    const headers = Object.fromEntries(names.map((name) => [name, value]));
    await put({ requestHeaders: headers });
    await answer();
    writeFileSync(join(haproxy.folder, "routes.json"), JSON.stringify(configOf(haproxy)));
    await execa(process.execPath, [
      join(import.meta.dirname, "../../agent/main.ts"),
      ...["routes-map", "--config", haproxy.folder],
    ]);
    await node.stop();
    await haproxy.reload();
    await answer();
    for (const one of target.asked) expect(one.headers).toMatchObject(headers);
    expect(target.asked).toHaveLength(2);
  });

  it("that a line of the map smuggles in make no other header", async () => {
    const lines = ["x-a b\rx-b: c", "x-c: d", "x d\0", ":path /x", "x-e ok"].join("\n");
    const field = Buffer.from(lines).toString("base64url");
    const value = `plain|127.0.0.1|${new URL(target.url).port}|||30000|3600000|0|0|w|||${field}`;
    await runtimeClient(haproxy.socket, { timeoutMs: 1000 }).do(
      `set map ${haproxy.mapFile} ${host} ${value}`,
    );
    await answer();
    const names = Object.keys(target.asked[0]?.headers ?? {}).filter((name) => /^(x-(?!f)|:|x$)/.test(name));
    expect(names).toEqual(["x-e"]);
  });
});

it("a route without an address leads nowhere, whatever else it has", async () => {
  const field = Buffer.from("x-tenant a").toString("base64url");
  const value = `none||0|||30000|3600000|0|0|w|1|2|${field}`;
  await runtimeClient(haproxy.socket, { timeoutMs: 1000 }).do(`set map ${haproxy.mapFile} ${host} ${value}`);
  expect(await status()).toBe(404);
  expect(target.asked).toEqual([]);
});

describe("a connection to a target", () => {
  const connections = async (edge: object) => {
    const other = await RealHaproxy.make((folder, ports) => edgeConfig(folder, ports, { ...edge }));
    const config = configOf(other);
    mkdirSync(config.folder);
    const routes = nodeOn(config, problems);
    const table = new TestStore();
    routes.start(table);
    const route = { ...routeWith({ host, target: target.url }), version: 1 };
    await table.snapshot({ version: 1, mark: "m1", routes: [route] });
    const agent = keepAlive();
    for (let count = 0; count < 5; count += 1)
      expect(await ask(other.ports.edge, { host, agent })).toMatchObject({ status: 200, closes: false });
    agent.destroy();
    await routes.stop();
    await other.remove();
    return new Set(target.asked.map(({ from }) => from)).size;
  };

  it("serves one request of a client after the other", async () => {
    expect(await connections({})).toBe(1);
  });

  it("ends with its answer where the config says so, and the client's goes on", async () => {
    expect(await connections({ httpServerClose: true })).toBe(5);
  });
});
