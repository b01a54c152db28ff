import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openLog } from "../../../../agent/daemon/log.ts";
import { openHealthMetrics } from "../../../../agent/health/metrics.ts";
import { type Api, openApi } from "../../../../agent/routes/door/api.ts";
import { openDoorMetrics } from "../../../../agent/routes/door/metrics.ts";
import {
  DatabaseHealth,
  HaproxyHealth,
  HaproxyRecovery,
  HaproxyStats,
  HaproxyValidation,
  SystemHealth,
} from "../../../../contract/health.ts";
import { localSocketName } from "../../../../contract/routesConfig.ts";
import { signed } from "../../../harness/certificates.ts";
import { freePort } from "../../../harness/freePort.ts";
import {
  type Answered,
  adminKey,
  ask,
  authority,
  configIn,
  TableInMemory,
  tokens,
  writeCertificate,
} from "../door/doorFixtures.ts";
import { answering, unixServer } from "../haproxy/runtimeFixtures.ts";

/** The API as the daemon has it: HAProxy's sockets, root's door, the edge and a peer are played on real sockets. */
let folder: string;
let servers: AsyncDisposableStack;
let edge: Server;
let api: Api;
let registry: Registry;
let socketPath: string;
let port: number;
let actions: string[];
let journal: string[];
/** HAProxy's Runtime API answers nobody. */
let silent: boolean;
/** What root's door answers. */
let answer: (verb: string) => string;

const info =
  "Name: HAProxy\nVersion: 3.0.11\nPid: 31\nUptime_sec: 86400\nMaxconn: 2000\nCurrConns: 5\nCumConns: 1000\nCumReq: 5000\nConnRate: 10\n";
const stat =
  "# pxname,svname,scur,req_rate,ereq,econ,eresp,hrsp_5xx,status,type,\nedge,FRONTEND,5,50,0,,,0,OPEN,0,\nplain,target,2,,,0,0,0,UP,2,\nplain,BACKEND,2,,,0,0,0,UP,1,\n";

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hapair-api-"));
  servers = new AsyncDisposableStack();
  [actions, journal] = [[], []];
  answer = () => "";
  const at = (name: string) => join(folder, name);
  mkdirSync(at("haproxy.service"));
  writeFileSync(at("haproxy.service/cgroup.events"), "populated 1\n");
  silent = false;
  const haproxy = async (command: string): Promise<string> => {
    if (silent) await new Promise(() => {});
    return command === "show info" ? info : stat;
  };
  servers.use(await unixServer(at("operator.sock"), answering(haproxy)));
  const door = (verb: string) => {
    actions.push(verb);
    return answer(verb);
  };
  servers.use(await unixServer(at("action.sock"), answering(door)));
  edge = createServer((_, response) => response.writeHead(404).end()).listen(0, "127.0.0.1");
  await once(edge, "listening");
  port = await freePort();
  const base = configIn(folder, port);
  const config = {
    ...base,
    listen: { address: "0.0.0.0", port },
    probe: { ...base.probe, port: (edge.address() as AddressInfo).port },
    proof: { host: "127.0.0.1", port: 1, user: "u", password: "p", database: "d" },
  };
  writeCertificate(config, signed("door", authority, "IP:127.0.0.1,IP:127.0.0.2"));
  const table = new TableInMemory();
  registry = new Registry();
  api = openApi({
    config,
    egress: {
      ...{ actionSocket: at("action.sock"), keepalivedEvents: at("keepalived.service/cgroup.events") },
      ...{ haproxyTrackFile: at("haproxy-down"), virtualAddress: "127.0.0.2" },
      peers: [],
    },
    node: table,
    writer: table,
    subscribe: () => () => {},
    metrics: openDoorMetrics(registry, () => 0),
    healthMetrics: openHealthMetrics(registry, () => api.health()),
    log: openLog((line) => journal.push(line)),
  });
  socketPath = at(localSocketName);
  const isLookedAt = async () => {
    const { health: known } = HaproxyHealth.parse((await health("haproxy")).body);
    return known.lastCheck?.details.configValid === true;
  };
  await vi.waitUntil(isLookedAt, { timeout: 5000 });
});
afterEach(async () => {
  await api.close();
  edge.closeAllConnections();
  edge.close();
  await servers.disposeAsync();
  rmSync(folder, { recursive: true });
});

/** Over TLS, as a stranger. */
const health = (what: string): Promise<Answered> => ask({ port }, `/api/health/${what}`);
/** As root on the node. */
const local = (what: string, method = "GET"): Promise<Answered> =>
  ask({ socketPath }, `/api/health/${what}`, { method });

test("the system's health has the source's shape, for everybody", async () => {
  const { status, body } = await health("system");
  expect(status).toBe(200);
  expect(SystemHealth.strict().parse(body)).toMatchObject({
    status: "healthy",
    services: {
      haproxy: {
        ...{ status: "HEALTHY", circuitState: "CLOSED", lastCheck: expect.any(String) },
        metrics: { routeCount: 0, connections: { current: 5, total: 1000, limit: 2000 } },
      },
    },
  });
});

test("HAProxy's health has the source's shape, for everybody", async () => {
  const { body } = await health("haproxy");
  expect(HaproxyHealth.strict().parse(body)).toMatchObject({
    success: true,
    health: {
      ...{ status: "HEALTHY", circuitState: "CLOSED", routeCount: 0, failureCount: 0, recoveryAttempts: 0 },
      ...{ lastRecovery: null, addressGivenUp: false },
      metrics: {
        connections: { current: 5, total: 1000, rate: 10, limit: 2000 },
        requests: { total: 5000, rate: 50 },
        errors: { total: 0, rate: 0 },
        serverStates: { "plain/target": { status: "UP", errors: 0, connections: 2 } },
        ...{ uptime: 86_400, version: "3.0.11" },
      },
      lastCheck: { status: "HEALTHY", details: { containerRunning: true, configValid: true } },
      circuitDetails: { failureCount: 0, failureThreshold: 5, lastFailure: null },
    },
  });
});

test("a HAProxy that does not answer is unhealthy, with a status that a balancer understands", async () => {
  edge.removeAllListeners("request");
  silent = true;
  await vi.waitUntil(async () => (await health("system")).status === 503, { timeout: 5000 });
  expect((await health("system")).body).toMatchObject({
    status: "unhealthy",
    services: { haproxy: { status: "UNHEALTHY", problem: expect.stringContaining("edge") } },
  });
  expect(await health("haproxy")).toMatchObject({ status: 503, body: { success: true } });
});

test("a database that cannot be reached is unhealthy, and the reason is told", async () => {
  const { status, body } = await health("db");
  expect(status).toBe(503);
  expect(DatabaseHealth.strict().parse(body)).toMatchObject({
    ...{ status: "unhealthy", responseTime: null },
    problem: expect.stringContaining("ECONNREFUSED"),
  });
});

test("statistics and validation need an administrator, and have the source's shape", async () => {
  for (const what of ["haproxy/stats", "haproxy/validate"]) {
    expect((await health(what)).status).toBe(401);
    expect((await ask({ port }, `/api/health/${what}`, { token: tokens.writer })).status).toBe(403);
  }
  const as = { token: tokens.admin };
  const stats = await ask({ port }, "/api/health/haproxy/stats", as);
  expect(HaproxyStats.parse(stats.body).stats.servers).toMatchObject([{ pxname: "plain", svname: "target" }]);
  const valid = await ask({ port }, "/api/health/haproxy/validate", as);
  expect(HaproxyValidation.parse(valid.body)).toEqual({
    ...{ success: true, valid: true, message: "HAProxy configuration is valid" },
  });
});

test("who asks for a restart without a fit peer is refused; root's refusals have their code; what is done is in the journal", async () => {
  const refused = await local("haproxy/recover", "POST");
  expect(refused).toMatchObject({ status: 409, body: { code: "no-peer" } });
  edge.removeAllListeners("request");
  silent = true;
  await vi.waitUntil(async () => (await health("system")).status === 503, { timeout: 5000 });
  answer = () => "too-many: HAProxy was restarted 3 times within 10 minutes";
  expect(await local("haproxy/recover", "POST")).toMatchObject({ status: 429, body: { code: "too-many" } });
  answer = () => "";
  const done = await ask({ port }, "/api/health/haproxy/recover", {
    ...{ method: "POST", token: tokens.admin },
    headers: { "x-admin-key": adminKey },
  });
  expect(HaproxyRecovery.strict().parse(done.body)).toEqual({
    ...{ success: true, message: "HAProxy service recovered successfully", action: "restart" },
    node: "haproxy1",
  });
  expect(actions.filter((verb) => verb === "recover").length).toBeGreaterThanOrEqual(2);
  expect(journal.filter((line) => line.includes("event=audit"))).toEqual([
    expect.stringMatching(/who=root from=local result=no-peer$/),
    expect.stringMatching(/who=root from=local result=too-many$/),
    expect.stringMatching(/who=operator from=127.0.0.1 result=done$/),
  ]);
});

test("through the virtual address the answer comes before the restart, which ends its connection, and the health has the outcome", async () => {
  edge.removeAllListeners("request");
  silent = true;
  await vi.waitUntil(async () => (await health("system")).status === 503, { timeout: 5000 });
  const recovers = () => actions.filter((verb) => verb === "recover").length;
  const before = recovers();
  answer = (verb) => (verb === "recover" ? "too-many: HAProxy was restarted 3 times" : "");
  const begun = await ask({ port, host: "127.0.0.2" }, "/api/health/haproxy/recover", {
    ...{ method: "POST", token: tokens.admin },
    headers: { "x-admin-key": adminKey },
  });
  expect(begun).toMatchObject({ status: 202, headers: { connection: "close" } });
  expect(HaproxyRecovery.strict().parse(begun.body)).toMatchObject({ node: "haproxy1", action: "restart" });
  await vi.waitUntil(() => recovers() > before, { timeout: 5000 });
  const known = async () => HaproxyHealth.parse((await health("haproxy")).body).health.lastRecovery;
  await vi.waitUntil(async () => (await known())?.result === "too-many", { timeout: 5000 });
  expect(journal.join("\n")).toMatch(/restart of haproxy: too-many.*who=operator/);
});

test("the same is in the metrics", async () => {
  const text = await registry.metrics();
  for (const line of [
    'hapair_haproxy_state{state="HEALTHY"} 1',
    'hapair_haproxy_state{state="UNHEALTHY"} 0',
    "hapair_haproxy_failures 0",
    "hapair_haproxy_address_given_up 0",
    'hapair_haproxy_server_up{server="plain/target"} 1',
    'hapair_haproxy_recoveries_total{result="made"} 0',
  ])
    expect(text.split("\n")).toContain(line);
  expect(text).toMatch(/^hapair_haproxy_response_seconds 0\.\d+$/m);
  silent = true;
  await vi.waitUntil(async () => (await registry.metrics()).includes('state="DEGRADED"} 1'), {
    timeout: 5000,
  });
  expect(await registry.metrics()).not.toMatch(/^hapair_haproxy_response_seconds \d/m);
});
