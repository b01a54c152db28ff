import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openLog } from "../../../../agent/daemon/log.ts";
import { openMade } from "../../../../agent/routes/made.ts";
import { RouteProblem } from "../../../../agent/routes/problem.ts";
import type { FetchList } from "../../../../agent/updates/fetchList.ts";
import { openUpdatesMetrics } from "../../../../agent/updates/metrics.ts";
import { UpdateProblem } from "../../../../agent/updates/problem.ts";
import { openUpdater, type Updater } from "../../../../agent/updates/updater.ts";
import type { RouteEvent } from "../../../../contract/routes/event.ts";
import { Route, RouteOptions } from "../../../../contract/routes/route.ts";
import { updatesAgent } from "../../../../contract/updates/config.ts";
import { eventually } from "../daemon/watchFixtures.ts";
import { TableInMemory } from "../door/doorFixtures.ts";
import { scratchFolder } from "../haproxy/runtimeFixtures.ts";

const host = "ws.example.com";
const apiKey = "key-0123456789";
const config = {
  ...{ url: "http://10.0.9.9/nodes", apiKey, host, options: RouteOptions.parse({}) },
  ...{ intervalMs: 30, timeoutMs: 100, confirmAfter: 3 },
};
const urls = (...names: readonly string[]) => names.map((name) => `http://${name}:3000`);

const running = new Set<Updater>();
let scratch: ReturnType<typeof scratchFolder>;
beforeEach(() => {
  scratch = scratchFolder();
});
afterEach(async () => {
  await Promise.all(Array.from(running, (updater) => updater.stop()));
  running.clear();
  scratch[Symbol.dispose]();
});

/** An updater in front of a table in memory, and a service that a test sets the answers of. */
function bed(change: Partial<typeof config> = {}) {
  const table = new TableInMemory();
  const registry = new Registry();
  let isStarted = false;
  const journal: string[] = [];
  const events: RouteEvent[] = [];
  const service = {
    nodes: urls("a", "b", "c"),
    fails: undefined as Error | undefined,
    asked: 0,
    silent: new Set<string>(),
    problem: { haproxy: null as string | null, store: null as string | null },
  };
  const fetchList: FetchList = async (etag) => {
    service.asked += 1;
    if (service.fails !== undefined) throw service.fails;
    const tag = service.nodes.join();
    return tag === etag ? null : { etag: tag, targets: service.nodes.map((url) => ({ url, weight: 1 })) };
  };
  const node = {
    table: () => table.table(),
    begun: () => Promise.resolve(),
    problem: () => service.problem,
    probe: async ({ target = "" }: Route) => (service.silent.has(target) ? "it accepts no connection" : null),
  };
  /** Starts a node's updater, as after each start of its daemon. */
  const start = (name = "haproxy1", more: Partial<typeof config> = {}) => {
    const now = { ...config, ...change, ...more };
    // Each start of a daemon has a registry of its own; the first one's is read.
    const registered = isStarted ? new Registry() : registry;
    isStarted = true;
    const updater = openUpdater({
      ...{ config: now, node, writer: table, fetchList, random: () => 0.5 },
      made: openMade(`${scratch.path}/${name}.json`, [now.host, now.options]),
      metrics: openUpdatesMetrics(registered, () => updater.shown()),
      log: openLog((line) => journal.push(line)),
    });
    updater.subscribe((event) => events.push(event));
    running.add(updater);
    updater.start();
    return updater;
  };
  const routed = () =>
    table
      .table()
      .routes.get(host)
      ?.targets?.map(({ url }) => url);
  const made = () => table.asked.filter(({ transaction }) => !transaction.dryRun).length;
  const rounds = (count: number) => {
    const until = service.asked + count;
    return eventually(
      () => service.asked,
      (asked) => asked >= until,
    );
  };
  const follows = (nodes: readonly string[] | undefined) =>
    eventually(routed, (found) => JSON.stringify(found) === JSON.stringify(nodes));
  return { ...{ table, registry, journal, events, service, start, routed, made, rounds, follows } };
}

test("a node of the list joins the route and one that has gone leaves it; a list that is the same changes nothing", async () => {
  const { service, start, routed, made, rounds, follows, table } = bed();
  const updater = start();
  await follows(urls("a", "b", "c"));
  expect(table.table().routes.get(host)).toMatchObject({ agent: updatesAgent });
  await rounds(5);
  expect(made()).toBe(1);
  service.nodes = urls("c", "d", "b", "a");
  await follows(urls("a", "b", "c", "d"));
  service.nodes = urls("b", "c", "d");
  await follows(urls("b", "c", "d"));
  expect(made()).toBe(3);
  expect(updater.shown()).toMatchObject({ status: "healthy", host, nodes: 3, problem: null, doubt: null });
  expect(routed()).toEqual(urls("b", "c", "d"));
});

test("its life is told by events, one a state, and its problems by health and metrics", async () => {
  const { service, start, rounds, follows, events, registry } = bed();
  const updater = start();
  await follows(urls("a", "b", "c"));
  await eventually(
    () => updater.shown().state,
    (state) => state === "Routing",
  );
  const states = () => events.flatMap((event) => (event.type === "updates" ? [event.state] : []));
  expect(states().slice(0, 7)).toEqual([
    ...["LoadingConfig", "FetchingNodes", "HealthChecks", "Ready", "Reloading", "Ready", "Routing"],
  ]);
  const since = updater.shown().lastSuccess;
  service.fails = new UpdateProblem("status", "status 500");
  await rounds(2);
  expect(updater.shown()).toMatchObject({
    ...{ status: "degraded", nodes: 3, problem: "the service answers with an error: status 500" },
  });
  const metrics = await registry.metrics();
  expect(metrics).toContain("hapair_updates_failing 1");
  expect(metrics).toMatch(/hapair_updates_failures_total\{reason="status"\} [1-9]/);
  expect(metrics).toMatch(/hapair_updates_state\{state="Routing"\} 0/);
  expect(Date.parse(since ?? "")).toBeGreaterThan(0);
  service.fails = undefined;
  await eventually(
    () => updater.shown().problem,
    (problem) => problem === null,
  );
  expect(await registry.metrics()).toContain("hapair_updates_failing 0");
});

test("a halved or empty list is followed when it has come so often, or is confirmed; nothing is lost before", async () => {
  const { service, start, routed, follows, made, rounds, table } = bed({ confirmAfter: 1000 });
  const updater = start();
  await follows(urls("a", "b", "c"));
  expect(updater.confirm()).toBe(false);
  service.nodes = urls("a");
  await rounds(4);
  expect(routed()).toEqual(urls("a", "b", "c"));
  expect(updater.shown()).toMatchObject({ status: "degraded", doubt: { needed: 1000 } });
  expect(updater.confirm()).toBe(true);
  await follows(urls("a"));
  service.nodes = [];
  await rounds(4);
  expect([routed(), made()]).toEqual([urls("a"), 2]);
  await eventually(
    () => updater.confirm(),
    (isDone) => isDone,
  );
  await eventually(
    () => table.table().routes.size,
    (size) => size === 0,
  );
  service.nodes = urls("a", "b");
  await follows(urls("a", "b"));
});

test("a newcomer waits until it accepts a connection; a node of the route that stops doing so stays", async () => {
  const { service, start, routed, follows, rounds } = bed();
  const updater = start();
  await follows(urls("a", "b", "c"));
  service.silent = new Set(urls("a", "d"));
  service.nodes = urls("a", "b", "c", "d");
  await rounds(4);
  expect(routed()).toEqual(urls("a", "b", "c"));
  expect(updater.shown()).toMatchObject({ status: "healthy", nodes: 4, unanswered: 1 });
  service.silent = new Set();
  await follows(urls("a", "b", "c", "d"));
  service.silent = new Set(urls("e", "f", "g"));
  service.nodes = urls("e", "f", "g");
  await rounds(5);
  expect(routed()).toEqual(urls("a", "b", "c", "d"));
  expect(updater.shown().problem).toContain("no node of the list accepts a connection");
});

test("a refusal of the writer's is a failure that names the node, and is tried again", async () => {
  const { service, start, table, follows } = bed();
  const field = "changes.0.route.targets.1.url";
  table.fails = () =>
    Promise.reject(new RouteProblem("forbidden-target", "169.254.169.254 is link-local", field));
  const updater = start();
  const problem = () => updater.shown().problem;
  await eventually(problem, (words) => words !== null);
  expect(problem()).toBe(
    "the list has a node that routes must not lead to: nodes.1: 169.254.169.254 is link-local",
  );
  table.fails = () => Promise.reject(new RouteProblem("circuit-open", "Circuit is open"));
  await eventually(problem, (words) => words === "the route cannot be changed: Circuit is open");
  table.fails = undefined;
  service.nodes = urls("a", "b");
  await follows(urls("a", "b"));
});

test("while HAProxy or, on an empty node, the database does not work, no list is judged", async () => {
  const { service, start, routed } = bed();
  service.problem = { haproxy: null, store: "the database is away" };
  const updater = start();
  const problem = () => updater.shown().problem;
  await eventually(problem, (words) => words === "the route cannot be changed: the database is away");
  expect([service.asked, routed()]).toEqual([0, undefined]);
  service.problem = { haproxy: "it does not answer", store: null };
  await eventually(problem, (words) => words === "the route cannot be changed: it does not answer");
  expect(routed()).toBeUndefined();
});

test("a route of an earlier config's host goes, and those of others stay", async () => {
  const { table, start, follows } = bed();
  const put = (name: string, agent: string) =>
    ({ do: "put", route: Route.parse({ host: name, agent, target: "http://10.0.9.5:3000" }) }) as const;
  const changes = [put("old.example.com", updatesAgent), put("other.example.com", "shop")];
  await table.write({ changes, probe: false, dryRun: false }, { who: "test" });
  start();
  await follows(urls("a", "b", "c"));
  expect([...table.table().routes.keys()].toSorted()).toEqual(["other.example.com", host]);
});

describe.each([
  ["another host", { host: "sockets.example.com" }],
  ["other options", { options: RouteOptions.parse({ websocket: false }) }],
])("in a roll-out of a config with %s", (_, change) => {
  const isRouting = (updater: Updater) =>
    eventually(
      () => updater.shown().state,
      (state) => state === "Routing",
    );

  test("the node that still has the old one leaves the route alone, also when its agent starts again, and follows once it has the new one", async () => {
    const { table, start, made, rounds, service } = bed();
    let first = start("haproxy1");
    await isRouting(first);
    const second = start("haproxy2", change);
    await isRouting(second);
    await rounds(10);
    await first.stop();
    first = start("haproxy1");
    await rounds(10);
    expect(made()).toBe(2);
    const { host: now, options } = { ...config, ...change };
    expect([...table.table().routes.values()]).toMatchObject([{ host: now, options }]);
    expect(first.shown()).toMatchObject({
      status: "degraded",
      problem: expect.stringMatching(/this node's config is older than the route: .*roll out to this node/),
    });
    await first.stop();
    first = start("haproxy1", change);
    await isRouting(first);
    expect(made()).toBe(2);
    await second.stop();
    service.nodes = urls("a", "b", "d");
    await eventually(made, (count) => count === 3);
    expect(first.shown()).toMatchObject({ status: "healthy", problem: null });
  });

  test("a node that is taken back to the old one takes the route back", async () => {
    const { table, start, made, rounds } = bed();
    const first = start("haproxy1");
    await isRouting(first);
    let second = start("haproxy2");
    await isRouting(second);
    for (const settings of [change, {}]) {
      await second.stop();
      second = start("haproxy2", settings);
      await isRouting(second);
    }
    await rounds(10);
    expect(made()).toBe(3);
    expect([...table.table().routes.values()]).toMatchObject([{ host, options: config.options }]);
    await isRouting(first);
  });
});

test("each change has a line in the journal, and none has the key", async () => {
  const { start, follows, journal, events } = bed();
  start();
  await follows(urls("a", "b", "c"));
  await eventually(
    () => journal.join("\n"),
    (text) => text.includes("event=audit who=hapair-updates from=local change=put"),
  );
  expect(journal.join() + JSON.stringify(events)).not.toContain(apiKey);
});
