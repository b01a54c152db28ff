import { describe, expect, test } from "vitest";
import type { TableRow } from "../../../../agent/haproxy/tables.ts";
import { trafficText } from "../../../../agent/routes/traffic/exposition.ts";
import { growth, mostRoutes, TrafficSums } from "../../../../agent/routes/traffic/sums.ts";
import { answerCounters, timeCounter } from "../../../../contract/routes/traffic.ts";

const host = "shop.test";
const isRoute = (name: string) => name.endsWith(".test");

/** An entry with answers by their counters. */
function answers(counted: Readonly<Record<number, number>>, key = host): TableRow {
  const counters = Array.from({ length: answerCounters }, (_, at) => counted[at] ?? 0);
  return { table: "edge-routes", key, open: 2, counters };
}
const good = (count: number, key = host) => answers({ 1: count, [timeCounter + 2]: count }, key);
const goodOf = (sums: TrafficSums, key = host) => sums.routes.get(key)?.answers[1];

describe("what HAProxy has counted of a route", () => {
  test("counts from the agent's first look on", async () => {
    const sums = new TrafficSums();
    await sums.add(7, [good(100)], isRoute);
    expect(goodOf(sums)).toBe(0);
    await sums.add(7, [good(103)], isRoute);
    expect(goodOf(sums)).toBe(3);
  });

  test("goes on over a new worker, and over an entry that was forgotten", async () => {
    const sums = new TrafficSums();
    await sums.add(7, [], isRoute);
    await sums.add(7, [good(10)], isRoute);
    await sums.add(8, [good(12)], isRoute);
    expect(goodOf(sums)).toBe(22);
    await sums.add(8, [], isRoute);
    await sums.add(8, [good(12)], isRoute);
    await sums.add(8, [good(1)], isRoute);
    expect(goodOf(sums)).toBe(35);
  });

  test("has its time also where that passes 32 bits, and none where the clock was set back", () => {
    const time = (value: number) => answers({ 1: 1, [timeCounter]: value }).counters;
    expect(growth(time(5), time(2 ** 32 - 5))[timeCounter]).toBe(10);
    expect(growth(time(2 ** 32 - 5), time(5))[timeCounter]).toBe(0);
  });

  test("is forgotten with the route, and no name without a route is shown", async () => {
    const sums = new TrafficSums();
    await sums.add(7, [good(1), good(1, "made.up")], isRoute);
    expect([...sums.routes.keys()]).toEqual([host]);
    await sums.add(7, [good(1)], () => false);
    expect([...sums.routes.keys()]).toEqual([]);
  });

  test("is counted together beyond so many routes", async () => {
    const sums = new TrafficSums();
    const rows = (count: number) =>
      Array.from({ length: mostRoutes + 5 }, (_, at) => good(count, `${at}.test`));
    await sums.add(7, rows(0), isRoute);
    await sums.add(7, rows(2), isRoute);
    expect(sums.routes.size).toBe(mostRoutes + 1);
    expect([goodOf(sums, "0.test"), goodOf(sums, "_other")]).toEqual([2, 10]);
  });
});

test("Prometheus gets a route's requests, times, refusals and what is under way", async () => {
  const sums = new TrafficSums();
  await sums.add(7, [], isRoute);
  const rows = [
    answers({ 0: 1, 1: 3, [timeCounter]: 25_000, [timeCounter + 1]: 2, [timeCounter + 10]: 2 }),
    { table: "edge-open", key: host, open: 0, counters: [4] },
    { table: "edge-full", key: host, open: 0, counters: [5] },
  ];
  await sums.add(7, rows, isRoute);
  const lines = trafficText(sums.routes).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "# TYPE hapair_edge_request_seconds histogram",
      'hapair_edge_requests_total{route="shop.test",code="2xx"} 3',
      'hapair_edge_requests_total{route="shop.test",code="5xx"} 1',
      'hapair_edge_requests_total{route="shop.test",code="4xx"} 0',
      'hapair_edge_request_seconds_bucket{route="shop.test",le="0.001"} 2',
      'hapair_edge_request_seconds_bucket{route="shop.test",le="10"} 2',
      'hapair_edge_request_seconds_bucket{route="shop.test",le="+Inf"} 4',
      'hapair_edge_request_seconds_sum{route="shop.test"} 2.5',
      'hapair_edge_request_seconds_count{route="shop.test"} 4',
      'hapair_edge_refused_total{route="shop.test",reason="circuit"} 4',
      'hapair_edge_refused_total{route="shop.test",reason="connections"} 5',
      'hapair_edge_requests_open{route="shop.test"} 2',
    ]),
  );
});
