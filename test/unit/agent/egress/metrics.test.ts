import { expect, test } from "vitest";
import { openRegistry } from "../../../../agent/daemon/registry.ts";
import { openEgressMetrics } from "../../../../agent/egress/report/metrics.ts";
import type { EgressPage } from "../../../../contract/egressPage.ts";

const server = {
  name: "wg1",
  address: "10.0.1.51",
  port: 18181,
  lastResort: false,
  state: "online",
  cause: null,
  latencyMs: 42,
  haproxy: "up",
  preferred: true,
  held: null,
  measuredAt: null,
  why: "yes",
} as const;
const page = (more: Partial<EgressPage["groups"][number]["servers"][number]> = {}): EgressPage => ({
  host: "haproxy1",
  at: "2025-10-18T23:11:42.000Z",
  haproxy: { answers: true, problem: null },
  vip: { address: "10.0.1.100", moves: true, givenUp: false, holder: true, able: true, peers: [] },
  groups: [
    {
      name: "main",
      port: 7891,
      essential: true,
      usable: true,
      preferred: "wg1",
      switches: [],
      servers: [{ ...server, ...more }],
    },
  ],
});

/** The daemon's metrics with those of the egress, over a page that may change. */
function openMetrics() {
  const registry = openRegistry();
  let shown = page();
  const metrics = openEgressMetrics(registry, () => shown);
  /** Samples by name and labels. */
  const samples = async (of: EgressPage): Promise<Map<string, number>> => {
    shown = of;
    const lines = (await registry.metrics())
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(
      lines.map((line) => [
        line.slice(0, line.lastIndexOf(" ")),
        Number(line.slice(line.lastIndexOf(" ") + 1)),
      ]),
    );
  };
  return { metrics, samples };
}

test("a server's state is 1 for one state, and a server that is gone leaves no sample", async () => {
  const { samples } = openMetrics();
  const online = await samples(page());
  const state = (name: string) => `hapair_egress_server_state{group="main",server="wg1",state="${name}"}`;
  expect(["online", "degraded", "offline"].map((name) => online.get(state(name)))).toEqual([1, 0, 0]);
  expect(online.get('hapair_egress_latency_seconds{group="main",server="wg1"}')).toBe(0.042);
  expect(online.get('hapair_egress_preferred{group="main",server="wg1"}')).toBe(1);
  const degraded = await samples(page({ state: "degraded", latencyMs: null, preferred: false }));
  expect(["online", "degraded", "offline"].map((name) => degraded.get(state(name)))).toEqual([0, 1, 0]);
  expect([...degraded.keys()].some((name) => name.startsWith("hapair_egress_latency_seconds"))).toBe(false);
  const renamed = await samples(page({ name: "wg9" }));
  expect([...renamed.keys()].some((name) => name.includes('server="wg1"'))).toBe(false);
});

test("events are counted by their reason", async () => {
  const { metrics, samples } = openMetrics();
  metrics.probed("main", { server: "wg1", atMs: 0, state: "online", cause: null, latencyMs: 42 });
  metrics.probed("main", { server: "wg1", atMs: 0, state: "degraded", cause: "not-warp", latencyMs: null });
  metrics.happened("main", { kind: "switch", from: null, to: "wg1", why: "first" });
  metrics.happened("main", { kind: "flap", server: "wg1", failures: 2, holdDownMs: 1 });
  metrics.heldBack("main", { server: "wg2", why: "dwell" });
  metrics.called({ command: "set map", seconds: 0.0004, error: null });
  metrics.called({ command: "set map", seconds: 1, error: "timeout" });
  const found = await samples(page());
  for (const name of [
    'hapair_egress_probes_total{group="main",server="wg1",outcome="online"}',
    'hapair_egress_probes_total{group="main",server="wg1",outcome="not-warp"}',
    'hapair_egress_switches_total{group="main",why="first"}',
    'hapair_egress_flaps_total{group="main",server="wg1"}',
    'hapair_egress_held_total{group="main",server="wg2",why="dwell"}',
    'hapair_egress_runtime_seconds_count{command="set map"}',
    'hapair_egress_runtime_seconds_bucket{le="0.0005",command="set map"}',
    'hapair_egress_runtime_errors_total{error="timeout"}',
    "hapair_egress_haproxy_up",
  ])
    expect([name, found.get(name)]).toEqual([name, 1]);
  expect(found.get("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
  expect(found.get("process_cpu_seconds_total")).toBeGreaterThan(0);
});
