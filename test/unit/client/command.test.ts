import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { routesOf } from "../../../cli/commands/route.ts";
import { root } from "../../../cli/session/home.ts";
import { RouteUsage, routeCommand } from "../../../client/command.ts";
import { connect } from "../../../client/connect.ts";
import { authority, type Served, served, tokens } from "../agent/door/doorFixtures.ts";

const target = "http://10.0.9.5:3000";
const words = (text: string) => text.split(" ");

/** `hapair route` as root on the node runs it. */
async function hapair({ config }: Served, ...args: readonly string[]) {
  const file = join(config.folder, "routes.json");
  writeFileSync(file, JSON.stringify(config));
  const argv = ["agent/main.ts", "route", ...args, "--config", file];
  return promisify(execFile)(process.execPath, argv, { cwd: root }).then(
    ({ stdout }) => ({ status: 0, stdout, stderr: "" }),
    ({ code, stdout, stderr }) => ({ status: Number(code), stdout: String(stdout), stderr: String(stderr) }),
  );
}

test("on a node, root adds, lists, shows and removes a route without a token", async () => {
  using api = await served();
  const added = await hapair(api, "add", "shop", target, "--agent", "shop", "--set", "websocket=false");
  expect(added).toEqual({
    ...{ status: 0, stderr: "" },
    stdout: `+ shop.example.com ${target}\nversion 1, served by haproxy1 and haproxy2\n`,
  });
  expect((await hapair(api, "list")).stdout).toBe(`shop.example.com  ${target}  shop\n1 route, version 1\n`);
  const shown = JSON.parse((await hapair(api, "show", "shop", "--json")).stdout);
  expect(shown).toMatchObject({ host: "shop.example.com", options: { websocket: false } });
  const rehearsed = await hapair(api, "remove", "shop", "--agent", "shop", "--dry-run");
  expect(rehearsed.stdout).toBe(
    `- shop.example.com ${target}\nnothing was changed: the routes are at version 1\n`,
  );
  expect((await hapair(api, "remove", "shop", "--agent", "shop")).stdout).toContain("version 2");
});

test("a header is set as the text that is typed, and removed where there is none", async () => {
  using api = await served();
  const set = ["requestHeaders.X-Level=5", "requestHeaders.X-Debug=", "retryOn=empty-response"];
  const typed = set.flatMap((one) => ["--set", one]);
  expect(await hapair(api, "add", "shop", target, "--agent", "shop", ...typed)).toMatchObject({ status: 0 });
  expect(JSON.parse((await hapair(api, "show", "shop", "--json")).stdout).options).toMatchObject({
    requestHeaders: { "X-Level": "5", "X-Debug": null },
    retryOn: "empty-response",
  });
});

test("a file of changes is one transaction", async () => {
  using api = await served();
  const file = join(api.config.folder, "changes.json");
  const put = (host: string) => ({ do: "put", route: { host, agent: "shop", target } });
  writeFileSync(file, JSON.stringify({ changes: [put("a"), put("b")], ifVersion: 0 }));
  expect(await hapair(api, "apply", file)).toMatchObject({ status: 0 });
  expect(api.table.asked).toMatchObject([{ transaction: { ifVersion: 0, changes: [{}, {}] } }]);
});

test("a refusal, a wrong request and an agent that does not run have exit statuses of their own", async () => {
  const api = await served();
  await hapair(api, "add", "shop", target, "--agent", "shop");
  expect(await hapair(api, "add", "shop", target, "--agent", "thief")).toMatchObject({
    status: 1,
    stderr: "hapair: Another agent has a route of this host name: shop.example.com is a route of shop\n",
  });
  const wrong = await hapair(api, "add", "shop", target, "--agent", "shop", "--set", "attempts=3");
  expect(wrong).toMatchObject({ status: 2 });
  expect(wrong.stderr).toContain("attempts");
  api.door.close();
  const silent = await hapair(api, "list");
  expect(silent).toMatchObject({ status: 1 });
  expect(silent.stderr).toContain("systemctl status hapair");
  api[Symbol.dispose]();
}, 30_000);

test.each([
  ["", /takes one of add, remove, list, show, apply/],
  ["move a b", /takes one of/],
  ["add a", /expected 2 words after add, and found 1: route add HOST TARGET/],
  ["add a http://b", /--agent is missing/],
  ["show", /route show HOST/],
])("what is typed wrong is said with its usage, and nothing is asked: %s", (text, message) => {
  expect(() => routeCommand({ words: text === "" ? [] : words(text) }, () => "")).toThrow(message);
});

test.each(["{", "[]", '{"changes":1}'])("a file without changes is refused: %s", (text) => {
  expect(() => routeCommand({ words: ["apply", "f"] }, () => text)).toThrow(RouteUsage);
});

test("an option of the command that its verb does not take is refused", () => {
  const typed = { words: ["list"], set: ["websocket=false"] };
  expect(() => routeCommand(typed, () => "")).toThrow("list takes no --set");
  expect(() =>
    routeCommand({ words: ["add", "a", target], agent: "a", set: ["websocket"] }, () => ""),
  ).toThrow("is not OPTION=VALUE");
});

test("the operator's command finds address, token and authority in the stack's outputs", async () => {
  using api = await served();
  const pair = {
    ...{ vip: "10.0.1.100", endpoints: {}, statsUser: "", statsPassword: "", bundles: {} },
    routesUrl: "https://127.0.0.1:8407",
    routesAuthority: authority.certificate,
    routeTokens: { app: tokens.writer, dashboard: tokens.reader },
    reach: { stats: "", socks: {}, routesUrl: `https://localhost:${api.port}` },
  };
  const outputs = { pairs: { other: { ...pair, routesUrl: undefined }, main: pair } };
  const stack = { stack: "lab" };
  expect(await routesOf(outputs, stack).addHttpRoute("shop", "a", target)).toMatchObject({ version: 1 });
  const reader = routesOf(outputs, { ...stack, token: "dashboard" });
  await expect(reader.removeHttpRoute("shop", "a")).rejects.toMatchObject({ code: "bad-role" });
  expect(() => routesOf(outputs, { ...stack, token: "none" })).toThrow("it has app, dashboard");
  expect(() => routesOf(outputs, { ...stack, pair: "other" })).toThrow("no pair other with routes");
  expect(() => routesOf({ pairs: {} }, stack)).toThrow("no pair with routes");
});

test("a command that is typed right asks once", async () => {
  using api = await served();
  const command = routeCommand({ words: ["add", "a", target], agent: "shop", probe: true }, () => "");
  const { answer, text } = await command.run(connect({ socket: api.socket }));
  expect(answer).toMatchObject({ version: 1 });
  expect(text).toContain("served by haproxy1 and haproxy2");
  expect(api.table.asked).toMatchObject([{ transaction: { probe: true }, asker: { who: "root" } }]);
});
