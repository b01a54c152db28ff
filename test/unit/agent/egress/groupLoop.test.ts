import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type GroupLoop, openGroup } from "../../../../agent/egress/loop/groupLoop.ts";
import type { Observation } from "../../../../agent/egress/observation.ts";
import { trustOf } from "../../../../agent/egress/probe/trust.ts";
import { openMetrics } from "../../../../agent/egress/report/metrics.ts";
import { openReporter } from "../../../../agent/egress/report/reporter.ts";
import { groupOf } from "./electionFixtures.ts";
import { httpTarget, socksServer } from "./probeFixtures.ts";
import { scratchFolder } from "./runtimeFixtures.ts";

const intervalMs = 60_000;
const up = new Map([["egress-main", { wg1: "up" as const }]]);

let stack: AsyncDisposableStack;
let group: GroupLoop;
let measured: Observation[];

beforeEach(async () => {
  // The schedule's clock alone: what a measurement waits for is real.
  vi.useFakeTimers({ toFake: ["performance"] });
  stack = new AsyncDisposableStack();
  const folder = stack.use(scratchFolder()).path;
  const target = stack.use(await httpTarget((_, response) => response.end()));
  const proxy = stack.use(await socksServer());
  measured = [];
  const silent = { ask: async () => "", do: async () => {} };
  const shipped = groupOf(["wg1"]);
  group = openGroup(
    {
      ...shipped,
      mapFile: `${folder}/main.map`,
      targets: [`http://127.0.0.1:${target.port}/`],
      probe: { intervalMs, connectTimeoutMs: 5000, requestTimeoutMs: 5000 },
      servers: shipped.servers.map((server) => ({ ...server, address: "127.0.0.1", port: proxy.port })),
    },
    undefined,
    {
      runtime: silent,
      master: silent,
      reporter: openReporter(folder, () => {}),
      metrics: { ...openMetrics(), probed: (_, observation) => measured.push(observation) },
      trust: trustOf(""),
    },
  );
});
afterEach(async () => {
  vi.useRealTimers();
  await stack.disposeAsync();
});

/** Starts what is due, and waits for its outcome. */
async function measure(): Promise<Observation | undefined> {
  const before = measured.length;
  group.probe();
  await vi.waitUntil(() => measured.length > before, { timeout: 5000 });
  return measured.at(-1);
}

const elected = () => group.state().observations.get("wg1")?.state;

test("a measurement counts from the election on that takes it in", async () => {
  await measure();
  expect(elected()).toBeUndefined();
  await group.round(up);
  expect(elected()).toBe("online");
});

test("whose measurements are hastened is measured again without waiting for the interval", async () => {
  await measure();
  vi.advanceTimersByTime(500);
  group.hasten();
  await measure();
  expect(measured).toHaveLength(2);
});
