import { statSync } from "node:fs";
import { expect, test } from "vitest";
import { RouteProblem } from "../../../../agent/routes/problem.ts";
import { Problem, problemCatalogue } from "../../../../contract/routes/problem.ts";
import { adminKey, ask, served, tokens } from "./doorFixtures.ts";

const target = "http://10.0.9.5:3000";
const route = { agent: "shop", target };
const writer = { token: tokens.writer };

test("a route is added, read, listed, replaced and removed", async () => {
  using api = await served();
  const added = await ask(api, "/api/routes/shop", { method: "PUT", body: route, ...writer });
  expect(added).toMatchObject({
    status: 200,
    headers: { etag: '"1"', "content-type": "application/json", "cache-control": "no-store" },
    body: { version: 1, appliedOn: ["haproxy1", "haproxy2"], pendingOn: [] },
  });
  const one = await ask(api, "/api/routes/shop", { token: tokens.reader });
  expect(one.body).toMatchObject({ host: "shop.example.com", agent: "shop", target, version: 1 });
  const list = await ask(api, "/api/routes?agent=shop", { token: tokens.reader });
  expect(list).toMatchObject({ headers: { etag: '"1"' }, body: { version: 1, routes: [one.body] } });
  expect((await ask(api, "/api/routes?agent=other", writer)).body.routes).toEqual([]);
  const removed = await ask(api, "/api/routes/shop?agent=shop", { method: "DELETE", ...writer });
  expect(removed).toMatchObject({ status: 200, headers: { etag: '"2"' } });
  expect(await ask(api, "/api/routes/shop", writer)).toMatchObject({
    status: 404,
    body: { code: "not-found" },
  });
});

test("a transaction keeps its condition, its key and its flags", async () => {
  using api = await served();
  const changes = [{ do: "put", route: { host: "a", ...route } }];
  const answer = await ask(api, "/api/transactions", {
    ...{ method: "POST", body: { changes, probe: true, dryRun: true }, ...writer },
    headers: { "if-match": '"0"', "idempotency-key": "once" },
  });
  expect(answer).toMatchObject({ status: 200, body: { version: 0, appliedOn: [] } });
  expect(api.table.asked).toMatchObject([
    {
      transaction: { ifVersion: 0, probe: true, dryRun: true },
      asker: { who: "app", idempotencyKey: "app/once" },
    },
  ]);
});

test.each([
  ["no token", "/api/routes", {}, 401, "bad-token"],
  ["an unknown token", "/api/routes", { token: "x".repeat(40) }, 401, "bad-token"],
  [
    "a reader that writes",
    "/api/routes/a",
    { method: "PUT", token: tokens.reader, body: route },
    403,
    "bad-role",
  ],
  ["a writer that restarts", "/api/health/haproxy/recover", { method: "POST", ...writer }, 403, "bad-role"],
  [
    "a restart without the key",
    "/api/health/haproxy/recover",
    { method: "POST", token: tokens.admin },
    401,
    "bad-token",
  ],
  ["an unknown path", "/api/nothing", writer, 404, "not-found"],
  ["a broken path", "/api/routes/%E0%A4", writer, 404, "not-found"],
  ["another method", "/api/routes", { method: "POST", ...writer }, 405, "bad-method"],
  ["an unknown parameter", "/api/routes?agnet=a", writer, 400, "bad-request"],
  ["a removal without its agent", "/api/routes/a", { method: "DELETE", ...writer }, 400, "bad-request"],
] as const)("%s is refused as a problem of the catalogue", async (_, path, asking, status, code) => {
  using api = await served();
  const answer = await ask(api, path, asking);
  expect(answer).toMatchObject({ status, headers: { "content-type": "application/problem+json" } });
  expect(Problem.strict().parse(answer.body)).toMatchObject({
    code,
    status,
    title: problemCatalogue[code].title,
  });
  expect(api.table.asked).toEqual([]);
});

test.each([
  ["no JSON", "{", ""],
  ["nothing", "", ""],
  ["too deep", "[".repeat(10_000), ""],
  ["a target with a line", { ...route, target: "http://a\nb:1" }, "target"],
  ["a length that cannot be compared", { ...route, agent: { length: { toString: 1 } } }, ""],
  ["a header with a line", { ...route, options: { hostHeader: "a\r\nx: y" } }, "options.hostHeader"],
  ["an unknown option", { ...route, options: { retires: 3 } }, "options"],
  ["a prototype", `{"agent":"shop","target":"${target}","__proto__":{"x":1}}`, ""],
  ["an agent with spaces", { ...route, agent: "a b" }, "agent"],
  [
    "a header that breaks a line",
    { ...route, options: { requestHeaders: { "x-a": "b\r\nc: d" } } },
    "options.requestHeaders.x-a",
  ],
  [
    "a header of the edge's own",
    { ...route, options: { responseHeaders: { Connection: "close" } } },
    "options.responseHeaders.Connection",
  ],
])("a body with %s is refused, and the field is named", async (_, body, field) => {
  using api = await served();
  const answer = await ask(api, "/api/routes/a", { method: "PUT", body, ...writer });
  expect(answer).toMatchObject({ status: 400, body: { code: "bad-request" } });
  expect(answer.body.field ?? "").toBe(field);
  expect(api.table.asked).toEqual([]);
});

test("the agent of the config's own routes is nobody's who asks, also not root's", async () => {
  using api = await served();
  const of = { agent: "config" };
  const put = { do: "put", route: { host: "b", ...route, ...of } };
  for (const [path, asking, field] of [
    ["/api/routes/a", { method: "PUT", body: { ...route, ...of } }, "changes.0.route.agent"],
    ["/api/routes/a?agent=config", { method: "DELETE" }, "changes.0.agent"],
    [
      "/api/transactions",
      { method: "POST", body: { changes: [{ do: "put", route: { host: "a", ...route } }, put] } },
      "changes.1.route.agent",
    ],
  ] as const)
    expect(await ask(api, path, { ...asking, ...writer })).toMatchObject({
      status: 400,
      body: { code: "bad-request", field, detail: expect.stringContaining("routes.fixed") },
    });
  expect(api.table.asked).toEqual([]);
});

test("what a request has in it is quoted as text that a terminal only shows", async () => {
  using api = await served();
  for (const body of ["\u001b]0;x\u0007", { ...route, ["\u009b31m\u202e".repeat(5000)]: 1 }]) {
    const { body: problem } = await ask(api, "/api/routes/a", { method: "PUT", body, ...writer });
    expect(problem.code).toBe("bad-request");
    expect(problem.detail).toMatch(/\\u\{(?:1b|9b)\}/);
    expect(problem.detail).not.toMatch(/\p{C}/u);
    expect(String(problem.detail).length).toBeLessThan(600);
  }
});

test.each(["Shop", "-a", "a..b", "a_b", `${"a".repeat(64)}.example.com`, "a%0ab", "%3Agen"])(
  "the host name %s is refused",
  async (host) => {
    using api = await served();
    const answer = await ask(api, `/api/routes/${host}`, { method: "PUT", body: route, ...writer });
    expect(answer).toMatchObject({ status: 400, body: { code: "bad-request", field: "host" } });
  },
);

test("a body that is too large is refused before all of it has been read", async () => {
  using api = await served();
  const body = { ...route, options: { hostHeader: "a".repeat(70_000) } };
  for (const headers of [{}, { "transfer-encoding": "chunked" }]) {
    const answer = await ask(api, "/api/routes/a", { method: "PUT", body, headers, ...writer });
    expect(answer).toMatchObject({
      status: 413,
      body: { code: "too-large" },
      headers: { connection: "close" },
    });
  }
});

test("a transaction of a thousand routes is taken", async () => {
  using api = await served();
  const changes = Array.from({ length: 1000 }, (_, at) => ({
    do: "put",
    route: { host: `h${at}`, ...route },
  }));
  const answer = await ask(api, "/api/transactions", { method: "POST", body: { changes }, ...writer });
  expect(answer).toMatchObject({ status: 200, body: { version: 1000 } });
});

test("what the writer refuses has the catalogue's status, its field and when to ask again", async () => {
  using api = await served();
  api.table.fails = () => Promise.reject(new RouteProblem("circuit-open"));
  const answer = await ask(api, "/api/routes/a", { method: "PUT", body: route, ...writer });
  expect(answer).toMatchObject({
    status: 503,
    headers: { "retry-after": "10" },
    body: { code: "circuit-open", detail: "Circuit is open" },
  });
  api.table.fails = () => Promise.reject(new Error("password=geheim at 10.0.0.1"));
  const broken = await ask(api, "/api/routes/a", { method: "PUT", body: route, ...writer });
  expect(broken).toMatchObject({ status: 500, body: { code: "internal" } });
  expect(JSON.stringify(broken.body)).not.toContain("geheim");
});

test("every change leaves a line in the journal: who, from where, what, how it ended; and no token", async () => {
  using api = await served();
  await ask(api, "/api/routes/shop", { method: "PUT", body: route, ...writer });
  await ask(api, "/api/routes/shop", { method: "PUT", body: { ...route, agent: "thief" }, ...writer });
  await ask(api, "/api/routes/shop?agent=shop", { method: "DELETE", token: tokens.admin });
  await ask(api, "/api/routes/shop?agent=shop&dryRun=true", { method: "DELETE", token: tokens.admin });
  expect(api.journal).toEqual([
    `<5>route shop to ${target}: made as 1 on haproxy1, haproxy2 event=audit who=app from=127.0.0.1 change=put host=shop agent=shop target=${target} result=made version=1`,
    `<4>route shop to ${target}: refused (taken) event=audit who=app from=127.0.0.1 change=put host=shop agent=thief target=${target} result=taken`,
    "<5>route shop removed: made as 2 on haproxy1, haproxy2 event=audit who=operator from=127.0.0.1 change=remove host=shop agent=shop result=made version=2",
  ]);
  for (const token of Object.values(tokens)) expect(api.journal.join("\n")).not.toContain(token);
});

test("root on the node needs no token on the Unix socket, which nobody else may open", async () => {
  using api = await served();
  const local = { socketPath: api.socket };
  expect(await ask(local, "/api/routes/a", { method: "PUT", body: route })).toMatchObject({ status: 200 });
  expect(api.table.asked[0]?.asker.who).toBe("root");
  expect(statSync(api.socket).mode & 0o777).toBe(0o600);
});

test("whoever tries tokens is refused before they are compared", async () => {
  using api = await served();
  const statuses: number[] = [];
  for (let count = 0; count < 25; count += 1)
    statuses.push((await ask(api, "/api/routes", { token: `guess${count}` })).status);
  expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
  expect(statuses.at(-1)).toBe(429);
});

test("the admin key lets an administrator restart, and its answer is the source's", async () => {
  const body = {
    success: true,
    message: "HAProxy service recovered successfully",
    node: "haproxy1",
    action: "restart",
  } as const;
  using api = await served({ health: { recoverHaproxy: () => ({ body }) } });
  const answer = await ask(api, "/api/health/haproxy/recover", {
    ...{ method: "POST", token: tokens.admin },
    headers: { "x-admin-key": adminKey },
  });
  expect(answer).toMatchObject({ status: 200, body });
});
