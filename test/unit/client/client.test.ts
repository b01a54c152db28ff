import { once } from "node:events";
import { createServer as createHttpsServer, type Server } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { rootCertificates } from "node:tls";
import { afterEach, describe, expect, expectTypeOf, test } from "vitest";
import { RouteProblem } from "../../../agent/routes/problem.ts";
import type * as client from "../../../client/index.ts";
import { connect, type Routes } from "../../../client/index.ts";
import type { SystemHealth } from "../../../contract/health.ts";
import type * as change from "../../../contract/routes/change.ts";
import type { ProblemCode } from "../../../contract/routes/problem.ts";
import type * as route from "../../../contract/routes/route.ts";
import { signed } from "../../harness/certificates.ts";
import { ask, authority, domain, type Served, served, tokens } from "../agent/door/doorFixtures.ts";

const target = "http://10.0.9.5:3000";
const ca = authority.certificate;

function toApi({ port }: Pick<Served, "port">, token = tokens.writer): Routes {
  return connect({ url: `https://127.0.0.1:${port}`, token, ca });
}

test("the client's types are the API's", () => {
  expectTypeOf<client.Route>().toEqualTypeOf<route.Route>();
  expectTypeOf<client.RouteInput>().toEqualTypeOf<route.RouteInput>();
  expectTypeOf<client.StoredRoute>().toEqualTypeOf<route.StoredRoute>();
  expectTypeOf<client.Change>().toEqualTypeOf<change.ChangeInput>();
  expectTypeOf<client.Difference>().toEqualTypeOf<change.Difference>();
  expectTypeOf<client.TransactionResult>().toEqualTypeOf<change.TransactionResult>();
  expectTypeOf<client.RouteList>().toEqualTypeOf<change.RouteList>();
  expectTypeOf<client.SystemHealth>().toEqualTypeOf<SystemHealth>();
  expectTypeOf<client.ProblemCode>().toEqualTypeOf<ProblemCode>();
});

test("a program adds, lists, shows and removes a route", async () => {
  using api = await served();
  const routes = toApi(api);
  const added = await routes.addHttpRoute("shop", "a", target, { websocket: false });
  expect(added).toMatchObject({ version: 1, appliedOn: ["haproxy1", "haproxy2"] });
  const stored = { host: `a.${domain}`, agent: "shop", target, options: { websocket: false } };
  expect(await routes.listRoutes("shop")).toMatchObject({ version: 1, routes: [stored] });
  expect(await routes.showRoute("a")).toMatchObject(stored);
  expect(await routes.removeHttpRoute("shop", "a")).toMatchObject({ version: 2 });
  expect((await routes.listRoutes()).routes).toEqual([]);
});

test("a transaction keeps its condition and its flags, and each call has a key of its own", async () => {
  using api = await served();
  const routes = toApi(api);
  const changes = [{ do: "put", route: { host: "a", agent: "shop", target } }] as const;
  await routes.transaction(changes, { ifVersion: 0, probe: true });
  await routes.transaction(changes, { dryRun: true });
  const [first, second] = api.table.asked;
  expect(first?.transaction).toMatchObject({ ifVersion: 0, probe: true, dryRun: false });
  expect(first?.asker.idempotencyKey).toMatch(/^app\/[0-9a-f-]{36}$/);
  expect(second?.asker.idempotencyKey).not.toBe(first?.asker.idempotencyKey);
});

test("a refusal has the API's code, field and words", async () => {
  using api = await served();
  const routes = toApi(api);
  await routes.addHttpRoute("shop", "a", target);
  await expect(routes.addHttpRoute("thief", "a", target)).rejects.toMatchObject({
    ...{ name: "RouteError", code: "taken", status: 409, field: "host" },
    message: "Another agent has a route of this host name: a.example.com is a route of shop",
  });
  const wrong = routes.addHttpRoute("shop", "a", target, { maxConnections: -1 });
  await expect(wrong).rejects.toMatchObject({
    code: "bad-request",
    field: "changes.0.route.options.maxConnections",
  });
  await expect(toApi(api, "x".repeat(40)).listRoutes()).rejects.toMatchObject({
    code: "bad-token",
    status: 401,
  });
});

test("an open circuit fails at once, without another try", async () => {
  using api = await served();
  api.table.fails = () => Promise.reject(new RouteProblem("circuit-open"));
  await expect(toApi(api).addHttpRoute("shop", "a", target)).rejects.toThrow(/^Circuit is open$/);
  expect(api.table.asked).toHaveLength(1);
});

test("a change without an answer is sent again with the same key", async () => {
  using api = await served();
  let count = 0;
  api.table.fails = async () => {
    count += 1;
    if (count < 3) throw new RouteProblem("timeout");
    return undefined as never;
  };
  expect(await toApi(api).addHttpRoute("shop", "a", target)).toMatchObject({ version: 1 });
  const keys = new Set(api.table.asked.map(({ asker }) => asker.idempotencyKey));
  expect(api.table.asked).toHaveLength(3);
  expect(keys.size).toBe(1);
});

describe("where a node does not answer", () => {
  const servers: { close(): unknown }[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  async function portOf(server: Server | ReturnType<typeof createServer>): Promise<number> {
    server.listen(0, "127.0.0.1");
    servers.push(server);
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  test("another one is asked", async () => {
    using api = await served();
    const closing = await portOf(createServer((socket) => socket.destroy()));
    const url = `https://127.0.0.1:${closing}`;
    const routes = connect({ url, nodes: [`https://127.0.0.1:${api.port}`], token: tokens.writer, ca });
    expect(await routes.addHttpRoute("shop", "a", target)).toMatchObject({ version: 1 });
  });

  test("the deadline holds, and the error says that nobody has answered", async () => {
    const silent = await portOf(createServer(() => {}));
    const begunAt = performance.now();
    const routes = connect({ url: `https://127.0.0.1:${silent}`, token: "t", ca, deadlineMs: 400 });
    await expect(routes.listRoutes()).rejects.toMatchObject({ code: "unreachable", status: undefined });
    expect(performance.now() - begunAt).toBeLessThan(2000);
  });

  test("an answer that is none of the API's is an error", async () => {
    const own = signed("other", authority, "IP:127.0.0.1");
    const other = createHttpsServer({ cert: own.certificate, key: own.key }, (_, response) => {
      response.writeHead(200).end("<html>");
    });
    const url = `https://127.0.0.1:${await portOf(other)}`;
    await expect(connect({ url, token: "t", ca }).listRoutes()).rejects.toMatchObject({ code: "garbage" });
  });
});

test("an authority that has not signed the API's certificate is refused at once, and the process's trust is as it was", async () => {
  using api = await served();
  const url = `https://127.0.0.1:${api.port}`;
  const begunAt = performance.now();
  const routes = connect({ url, token: tokens.writer, ca: signed("other").certificate });
  await expect(routes.listRoutes()).rejects.toMatchObject({ code: "unreachable" });
  expect(performance.now() - begunAt).toBeLessThan(2000);
  expect(rootCertificates).not.toContain(ca);
  await expect(fetch(`${url}/api/openapi.json`)).rejects.toThrow();
});

test("behind a forwarded port the certificate is checked for the name that is given", async () => {
  using api = await served();
  const forwarded = { url: `https://localhost:${api.port}`, token: tokens.reader, ca, deadlineMs: 10_000 };
  await expect(connect(forwarded).listRoutes()).rejects.toMatchObject({ code: "unreachable" });
  expect(await connect({ ...forwarded, serverName: "127.0.0.1" }).listRoutes()).toEqual({
    version: 0,
    routes: [],
  });
});

test("root on a node asks over the Unix socket, without a token", async () => {
  using api = await served();
  expect(await connect({ socket: api.socket }).addHttpRoute("shop", "a", target)).toMatchObject({
    version: 1,
  });
  expect((await ask(api, "/api/routes", { token: tokens.reader })).body.version).toBe(1);
});

test.each([
  [{ url: "http://a", token: "t", ca }, "url"],
  [{ url: "https://a", token: "t", ca: "/etc/ssl/ca.pem" }, "ca"],
])("a connection with a wrong option is refused when it is made: %j", (options, field) => {
  expect(() => connect(options)).toThrow(expect.objectContaining({ field }));
});
