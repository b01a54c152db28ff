import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseRoutesConfig } from "../../../../agent/daemon/config.ts";
import { connect } from "../../../../client/connect.ts";
import { RouteOptions } from "../../../../contract/routes/route.ts";
import { localSocketName } from "../../../../contract/routesConfig.ts";
import type { UpdatesConfig } from "../../../../contract/updates/config.ts";
import { signed } from "../../../harness/certificates.ts";
import { freePort } from "../../../harness/freePort.ts";
import { authority, configIn, tokens, writeCertificate } from "../door/doorFixtures.ts";
import { httpTarget } from "../egress/probeFixtures.ts";
import { eventually, type WatchedNode, watchedNode } from "./watchFixtures.ts";

let node: WatchedNode;
beforeEach(async () => {
  node = await watchedNode();
});
afterEach(() => node[Symbol.asyncDispose]());

/** A node with routes whose database cannot be reached. */
async function withRoutes() {
  const folder = join(node.folder, "routes");
  mkdirSync(folder);
  const port = await freePort();
  const config = {
    ...configIn(folder, port),
    runtimeSocket: node.config.runtimeSocket,
    database: { host: "127.0.0.1", port: await freePort(), database: "d", user: "u", password: "geheim" },
  };
  writeFileSync(join(node.folder, "routes.json"), JSON.stringify(config));
  writeCertificate(config, signed("door", authority, "IP:127.0.0.1"));
  const url = `https://127.0.0.1:${port}`;
  const quick = { ca: authority.certificate, deadlineMs: 10_000 };
  return { config, routes: connect({ url, token: tokens.writer, ...quick }) };
}

test("the daemon serves the API; without its database it refuses changes at once and goes on over SIGHUP and SIGTERM", async () => {
  const { routes } = await withRoutes();
  await node.serveHaproxy();
  const { child, said } = node.watching();
  const listed = () => routes.listRoutes().catch(() => undefined);
  expect(await eventually(listed, (list) => list !== undefined)).toEqual({ version: 0, routes: [] });
  await expect(routes.addHttpRoute("shop", "a", "http://10.0.9.5:3000")).rejects.toMatchObject({
    ...{ code: "circuit-open", status: 503 },
    message: expect.stringMatching(/^Circuit is open: /),
  });
  expect(await routes.health()).toMatchObject({ node: "haproxy1", status: "unhealthy" });
  const metrics = async () =>
    (await (await fetch(`http://127.0.0.1:${node.config.listen[0]?.port}/metrics`)).text()).split("\n");
  for (const line of [
    'hapair_routes_circuit{state="CLOSED"} 0',
    'hapair_routes_circuit{state="OPEN"} 1',
    'hapair_routes_circuit{state="HALF_OPEN"} 0',
    "hapair_routes_circuit_openings_total 1",
  ])
    expect(await metrics()).toContain(line);
  child.kill("SIGHUP");
  await eventually(said, (text) => text.includes("is in force"));
  expect(await eventually(listed, (list) => list !== undefined)).toEqual({ version: 0, routes: [] });
  child.kill("SIGTERM");
  await once(child, "exit");
  expect(child.exitCode).toBe(0);
  expect(said()).not.toContain("geheim");
});

test("the daemon asks the service of its nodes, tells how that went, and shows the key nowhere", async () => {
  const { routes } = await withRoutes();
  const apiKey = "key-0123456789";
  await using service = await httpTarget((request, response) =>
    response.writeHead(request.headers.authorization === `Bearer ${apiKey}` ? 302 : 401).end(),
  );
  const updates: UpdatesConfig = {
    ...{ url: `http://127.0.0.1:${service.port}/nodes`, apiKey, host: "ws.example.com" },
    ...{ options: RouteOptions.parse({}), intervalMs: 100, timeoutMs: 1000, confirmAfter: 3 },
  };
  const file = join(node.folder, "updates.json");
  writeFileSync(file, JSON.stringify(updates));
  await node.serveHaproxy();
  const { child, said } = node.watching();
  const health = () => routes.health().catch(() => undefined);
  const found = await eventually(health, (now) => now?.services.updates?.problem != null);
  // Without its database an empty node knows of no route: nothing is asked that it could not compare.
  expect(found?.services.updates).toMatchObject({ status: "degraded", host: "ws.example.com", nodes: null });
  const metrics = await (await fetch(`http://127.0.0.1:${node.config.listen[0]?.port}/metrics`)).text();
  expect(metrics).toContain("hapair_updates_failing 1");
  expect(metrics).toMatch(/hapair_updates_failures_total\{reason="routes"\} [1-9]/);
  await expect(routes.confirmNodes()).rejects.toMatchObject({ code: "not-found" });
  rmSync(file);
  child.kill("SIGHUP");
  await eventually(said, (text) => text.includes("is in force"));
  await eventually(health, (now) => now !== undefined && now.services.updates === undefined);
  child.kill("SIGTERM");
  await once(child, "exit");
  expect(said()).toContain("node updates");
  expect(said() + metrics + JSON.stringify(found)).not.toContain(apiKey);
});

test("a routes.json of an older version, which has no settings of servers, is read: a host may go back to its bundle", () => {
  const { balanced: _, ...older } = configIn(node.folder, 8407);
  expect(parseRoutesConfig(JSON.stringify(older))).toMatchObject({ pair: older.pair, peers: older.peers });
});

test.each([
  ["is none", "{}", /routes\.json is not a config of routes/],
  ["names a folder that cannot be used", undefined, /EISDIR|ERR_FS_EISDIR/],
])(
  "a config of the routes that %s at the start takes nothing else down, and ends with a good one",
  async (_, text, why) => {
    const { config, routes } = await withRoutes();
    await node.serveHaproxy();
    const file = join(node.folder, "routes.json");
    const socket = join(config.folder, localSocketName);
    if (text === undefined) mkdirSync(socket);
    else writeFileSync(file, text);
    const { child, said } = node.watching();
    const [where] = node.config.listen;
    const page = () =>
      fetch(`http://127.0.0.1:${where?.port}/egress`).then(
        ({ ok }) => ok,
        () => false,
      );
    expect(await eventually(page, (isThere) => isThere)).toBe(true);
    expect(said()).toMatch(why);
    rmSync(socket, { recursive: true, force: true });
    writeFileSync(file, JSON.stringify(config));
    child.kill("SIGHUP");
    const listed = () => routes.listRoutes().catch(() => undefined);
    expect(await eventually(listed, (list) => list !== undefined)).toEqual({ version: 0, routes: [] });
    expect(said()).toContain("routes: works again");
    child.kill("SIGTERM");
    await once(child, "exit");
  },
);
