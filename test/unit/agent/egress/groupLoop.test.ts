import { writeFileSync } from "node:fs";
import { Registry } from "prom-client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openLog } from "../../../../agent/daemon/log.ts";
import { act } from "../../../../agent/egress/act/actions.ts";
import { haproxyView } from "../../../../agent/egress/act/haproxyView.ts";
import { requestsTo } from "../../../../agent/egress/act/requests.ts";
import { type GroupLoop, openGroup } from "../../../../agent/egress/groupLoop.ts";
import type { Observation } from "../../../../agent/egress/observation.ts";
import { trustOf } from "../../../../agent/egress/probe/tls.ts";
import { openEgressMetrics } from "../../../../agent/egress/report/metrics.ts";
import { openReporter } from "../../../../agent/egress/report/reporter.ts";
import type { RuntimeClient } from "../../../../agent/haproxy/runtime.ts";
import type { EgressGroupConfig } from "../../../../contract/egressConfig.ts";
import { peerPage } from "../address/addressFixtures.ts";
import { groupOf } from "../election/electionFixtures.ts";
import { RecordedHaproxy, scratchFolder } from "../haproxy/runtimeFixtures.ts";
import { httpTarget, type Listening, socksServer } from "./probeFixtures.ts";

const intervalMs = 60_000;

let stack: AsyncDisposableStack;
let folder: string;
let proxy: Listening;
let config: EgressGroupConfig;
let haproxy: RecordedHaproxy;
let group: GroupLoop;
let measured: Observation[];

beforeEach(async () => {
  // Only the schedule's clock is fake: the timeouts of measurements are real.
  vi.useFakeTimers({ toFake: ["performance"] });
  stack = new AsyncDisposableStack();
  folder = stack.use(scratchFolder()).path;
  const target = stack.use(await httpTarget((_, response) => response.end()));
  proxy = stack.use(await socksServer());
  haproxy = new RecordedHaproxy(["wg1"]);
  measured = [];
  const shipped = groupOf(["wg1"]);
  config = {
    ...shipped,
    mapFile: `${folder}/main.map`,
    targets: [`http://127.0.0.1:${target.port}/`],
    probe: { intervalMs, connectTimeoutMs: 5000, requestTimeoutMs: 5000 },
    servers: shipped.servers.map((server) => ({ ...server, address: "127.0.0.1", port: proxy.port })),
  };
  writeFileSync(config.mapFile, "");
  group = loop();
});
afterEach(async () => {
  vi.useRealTimers();
  await stack.disposeAsync();
});

const client: RuntimeClient = {
  ask: async (command) => haproxy.answer(command),
  do: async (command) => void haproxy.answer(command),
};

/** A loop of the group with the memory of an earlier one. */
function loop(memory?: unknown): GroupLoop {
  return openGroup(
    config,
    { memory, switches: [] },
    {
      runtime: client,
      requests: requestsTo({
        ask: async (request) => request,
        do: (request) => act(request, { groups: [config] }, { runtime: client, master: client }),
      }),
      reporter: openReporter(
        folder,
        openLog(() => {}),
      ),
      metrics: {
        ...openEgressMetrics(new Registry(), () => peerPage),
        probed: (_, observation) => measured.push(observation),
      },
      trust: trustOf(""),
    },
  );
}

/** Starts the measurement that is due, and waits for its result. */
async function measure(): Promise<Observation | undefined> {
  const before = measured.length;
  group.probe();
  await vi.waitUntil(() => measured.length > before, { timeout: 5000 });
  return measured.at(-1);
}

/** One round; resolves to its commands that changed haproxy. */
async function round(): Promise<readonly string[]> {
  const from = haproxy.commands.length;
  await group.round(await haproxyView(client));
  return haproxy.commands.slice(from).filter((command) => /^(set server|shutdown)/.test(command));
}

const elected = () => group.state().observations.get("wg1")?.state;

test("a measurement counts from the next election on", async () => {
  await measure();
  expect(elected()).toBeUndefined();
  await round();
  expect(elected()).toBe("online");
});

test("a hastened group is measured again before the interval is over", async () => {
  await measure();
  vi.advanceTimersByTime(500);
  group.hasten();
  await measure();
  expect(measured).toHaveLength(2);
});

test("an operator's maint or drain also holds in the backend without checks, until it ends, and after a restart of haproxy", async () => {
  const operator = (state: string) => haproxy.answer(`set server egress-main/wg1 state ${state}`);
  const maint = "set server egress-main-unchecked/wg1 state maint";
  const ready = "set server egress-main-unchecked/wg1 state ready";
  expect(await round()).toEqual([]);
  for (const state of ["maint", "drain"]) {
    operator(state);
    expect(await round()).toEqual([maint]);
    expect(await round()).toEqual([]);
    operator("ready");
    expect(await round()).toEqual([ready]);
  }
  operator("drain");
  haproxy.states.set("wg1", "DOWN");
  expect(await round()).toEqual([maint]);
  haproxy.admin.clear();
  expect(await round()).toEqual([]);
  operator("maint");
  expect(await round()).toEqual([maint]);
});

test("a dead server's sessions are closed once, and again by the next loop, which counts no second failure", async () => {
  const closings = [
    "shutdown sessions server egress-main/wg1",
    "shutdown sessions server egress-main-unchecked/wg1",
  ];
  const closed = () => haproxy.commands.includes("@!591 shutdown session 0x7fd3973ff400");
  await measure();
  await round();
  await proxy[Symbol.asyncDispose]();
  haproxy.states.set("wg1", "DOWN");
  await round();
  vi.advanceTimersByTime(500);
  await measure();
  expect(await round()).toEqual(closings.slice(0, 1));
  await vi.waitUntil(closed, { timeout: 5000 });
  expect(await round()).toEqual([]);
  const { memory } = group.state();
  expect(memory.servers[0]?.failures).toBe(1);

  haproxy.commands.length = 0;
  group = loop(JSON.parse(JSON.stringify(memory)));
  expect(await round(), "before its own measurement").toEqual([]);
  await measure();
  expect(await round()).toEqual(closings.slice(0, 1));
  await vi.waitUntil(closed, { timeout: 5000 });
  expect(haproxy.commands).toEqual(expect.arrayContaining(closings));
  expect(group.state().memory.servers[0]?.failures).toBe(1);
});
