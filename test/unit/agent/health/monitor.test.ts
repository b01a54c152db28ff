import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openLog } from "../../../../agent/daemon/log.ts";
import { type RuntimeClient, RuntimeError } from "../../../../agent/haproxy/runtime.ts";
import { type Healing, openHealing } from "../../../../agent/health/healing.ts";
import { type Monitor, openMonitor } from "../../../../agent/health/monitor.ts";
import { openRecovery } from "../../../../agent/health/recovery.ts";
import type { RouteEvent } from "../../../../contract/routes/event.ts";

const info = "Name: HAProxy\nVersion: 3.0.11\nPid: 31\nUptime_sec: 2\nMaxconn: 9\nCurrConns: 1\n";
let serverState: string;
const stat = () =>
  `# pxname,svname,ereq,type,status,\nedge,FRONTEND,0,0,OPEN,\npool,one,0,2,${serverState},\n`;

/** HAProxy as the monitor sees it: its edge is real HTTP on loopback, its sockets are functions. */
let edge: Server;
let folder: string;
let answers: boolean;
let peerIsFit: boolean;
let actions: string[];
let answer: (verb: string) => string;
let events: RouteEvent[];
let journal: string[];
let circuit: "CLOSED" | "OPEN";
let healing: Healing;
let monitor: Monitor;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "hapair-health-"));
  [answers, peerIsFit, actions, events, journal] = [true, true, [], [], []];
  [circuit, serverState] = ["CLOSED", "UP"];
  answer = () => "\n";
  edge = createServer((_, response) => response.writeHead(404).end()).listen(0, "127.0.0.1");
  await once(edge, "listening");
  const eventsFile = join(folder, "cgroup.events");
  const configFile = join(folder, "haproxy.cfg");
  writeFileSync(eventsFile, "populated 1\nfrozen 0\n");
  writeFileSync(configFile, "global\n");
  const runtime = client((command) => {
    if (!answers) throw new RuntimeError("timeout", "no answer within 0.5 s");
    return command === "show stat" ? stat() : info;
  });
  const recovery = openRecovery(
    client((verb) => {
      if (verb !== "validate") actions.push(verb);
      return answer(verb);
    }),
  );
  const tell = (event: RouteEvent) => void events.push(event);
  const log = openLog((line) => journal.push(line));
  healing = openHealing({
    ...{ recovery, tell, log, trackFile: join(folder, "haproxy-down"), virtualAddress: "10.0.1.100" },
    peerIsFit: async () => peerIsFit,
    metrics: { recovered: () => {} },
  });
  monitor = openMonitor({
    looked: {
      runtime,
      edge: { address: "127.0.0.1", port: (edge.address() as AddressInfo).port },
      eventsFile,
    },
    runtime,
    ...{ recovery, healing, tell, log },
    routesProblem: () => null,
    circuit: () => circuit,
    configFile,
  });
  await vi.waitUntil(() => monitor.last()?.check.details.configValid === true, { timeout: 5000 });
});
afterEach(async () => {
  await monitor.stop();
  edge.closeAllConnections();
  edge.close();
  rmSync(folder, { recursive: true });
});

function client(ask: (command: string) => string): RuntimeClient {
  return { ask: async (command) => ask(command), do: async (command) => void ask(command) };
}

function revive(): void {
  edge.on("request", (_, response) => response.writeHead(404).end());
  answers = true;
}

const state = () => monitor.last()?.verdict.state;

test("what serves is healthy, with its figures", async () => {
  expect(monitor.last()?.check).toMatchObject({
    status: "HEALTHY",
    details: { containerRunning: true, processRunning: true, apiConnected: true, serving: true },
  });
  expect(await monitor.figures()).toMatchObject({ version: "3.0.11", connections: { limit: 9 } });
});

test("a HAProxy that hangs is told, and restarted whether a peer is fit or not", async () => {
  peerIsFit = false;
  edge.removeAllListeners("request");
  answers = false;
  answer = (verb) => {
    if (verb === "validate") return "\n";
    revive();
    return "\n";
  };
  await vi.waitUntil(() => events.length === 3, { timeout: 20_000 });
  await vi.waitUntil(() => state() === "HEALTHY", { timeout: 20_000 });
  expect(actions).toEqual(["revive"]);
  // Whether the next look or root's answer comes first is left to chance.
  expect(events[0]).toMatchObject({
    ...{ type: "haproxy", state: "UNHEALTHY", problem: expect.stringContaining("edge") },
  });
  expect(events.slice(1)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: "recovery", problem: null }),
      expect.objectContaining({ type: "haproxy", problem: null }),
    ]),
  );
  expect(journal.join("\n")).toContain("haproxy was restarted because it has failed");
}, 60_000);

test("one that root finds well again is left as it is, and no restart is told", async () => {
  edge.removeAllListeners("request");
  answers = false;
  answer = (verb) => (verb === "validate" ? "\n" : "spared: it answers again\n");
  const said = () => journal.join("\n");
  await vi.waitUntil(() => said().includes("haproxy was not restarted: it answers again"), {
    timeout: 20_000,
  });
  expect(actions).toEqual(["revive-or-give-up"]);
  expect(events.map(({ type }) => type)).toEqual(["haproxy"]);
  expect(said()).not.toContain("restart of haproxy");
}, 60_000);

test.each([
  [
    "its Runtime API",
    () => {
      answers = false;
    },
  ],
  ["an edge that answers, as one whose connections are all in use", () => edge.removeAllListeners("request")],
])(
  "one without %s is degraded, is told, and left to a person",
  async (_, lose) => {
    lose();
    await vi.waitUntil(() => state() === "DEGRADED", { timeout: 20_000 });
    // Twelve looks, of half a second and more.
    await vi.waitUntil(() => monitor.failures() >= 12, { timeout: 50_000 });
    expect(actions).toEqual([]);
    await healing.restart();
    expect(actions).toEqual(["recover"]);
  },
  80_000,
);

test("who asks for a restart of what serves is refused where no peer is fit", async () => {
  peerIsFit = false;
  await expect(healing.permit()).rejects.toMatchObject({ code: "no-peer" });
  peerIsFit = true;
  await healing.permit();
  await healing.restart();
  expect(actions).toEqual(["recover"]);
});

test("what root refuses is told with its code, in the journal and in the events", async () => {
  answer = () => "too-many: HAProxy was restarted 3 times\n";
  await expect(healing.restart()).rejects.toMatchObject({
    code: "too-many",
    message: "HAProxy was restarted 3 times",
  });
  expect(events).toMatchObject([{ type: "recovery", problem: "HAProxy was restarted 3 times" }]);
  expect(journal.join("\n")).toContain("restart of haproxy: HAProxy was restarted 3 times");
});

test("a circuit that opens is an event", async () => {
  circuit = "OPEN";
  await vi.waitUntil(() => events.length > 0, { timeout: 3000 });
  expect(events).toMatchObject([{ type: "circuit", state: "OPEN" }]);
});

test("each change between healthy, degraded and unhealthy is an event, and a line of the journal", async () => {
  answers = false;
  await vi.waitUntil(() => state() === "DEGRADED", { timeout: 5000 });
  edge.removeAllListeners("request");
  answer = () => "spared: a bundle is being applied\n";
  await vi.waitUntil(() => state() === "UNHEALTHY", { timeout: 5000 });
  revive();
  await vi.waitUntil(() => state() === "HEALTHY", { timeout: 5000 });
  expect(events).toMatchObject([
    { type: "haproxy", state: "DEGRADED", problem: expect.stringContaining("Runtime API") },
    { type: "haproxy", state: "UNHEALTHY", problem: expect.stringContaining("edge") },
    { type: "haproxy", state: "HEALTHY", problem: null },
  ]);
  expect(journal.join("\n")).toContain("haproxy was DEGRADED and is UNHEALTHY");
}, 20_000);

test("a server that changes, and another configuration, are events and lines of the journal", async () => {
  await vi.waitUntil(() => Object.keys(monitor.shown().servers).length === 1, { timeout: 5000 });
  serverState = "DOWN";
  writeFileSync(join(folder, "haproxy.cfg"), "global\n  daemon\n");
  answer = (verb) => (verb === "validate" ? "/etc/haproxy/haproxy.cfg differs from the bundle's\n" : "\n");
  await vi.waitUntil(
    () => ["server", "configuration"].every((type) => events.some((one) => one.type === type)),
    {
      timeout: 20_000,
    },
  );
  expect(events).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ type: "server", server: "pool/one", before: "UP", state: "DOWN" }),
      expect.objectContaining({ type: "configuration", problem: expect.stringContaining("differs") }),
    ]),
  );
  expect(journal.join("\n")).toContain("pool/one was UP and is DOWN");
  expect(journal.join("\n")).toContain("the configuration of haproxy has changed");
  expect(monitor.shown().servers).toEqual({ "pool/one": "DOWN" });
}, 30_000);
