import { expect, test } from "vitest";
import { Balancer } from "../../../../../agent/routes/balanced/balancer.ts";
import type { RunningServer } from "../../../../../agent/routes/balanced/commands.ts";
import { wantedBackends } from "../../../../../agent/routes/balanced/servers.ts";
import { eventually } from "../../daemon/watchFixtures.ts";
import { routeWith } from "../routeFixtures.ts";

const route = routeWith({
  host: "a.test",
  targets: [{ url: "http://10.0.9.5" }, { url: "http://10.0.9.6" }],
});
const wanted = wantedBackends(new Map([["a.test", route]]), new Map([["a.test", 1]]), (host) => host, "");
const servers = [...(wanted.get(1)?.servers.values() ?? [])];

/** A HAProxy whose root makes the servers that are wanted, or says why not. */
function bed() {
  const problems: (string | null)[] = [];
  const found = { running: [] as RunningServer[], asked: 0, fails: false };
  const balance = async () => {
    found.asked += 1;
    if (found.fails) throw new Error("the door is closed");
    found.running = servers.map(({ name, weight, limit }) => ({
      ...{ backend: "edge-balanced1", name, weight, limit },
      ...{ isLeaving: false, sessions: 0, sinceS: 0 },
    }));
  };
  const haproxy = { running: async () => ({ servers: found.running, checks: new Map() }), balance };
  const balancer = new Balancer(
    haproxy,
    () => wanted,
    600,
    (problem) => problems.push(problem),
  );
  return { found, problems, balancer };
}

test("a worker without its servers gets them as soon as it is seen, and is left alone with them", async () => {
  const { found, problems, balancer } = bed();
  balancer.start();
  await eventually(
    () => found.running.length,
    (count) => count === 2,
  );
  expect(found.asked).toBe(1);
  found.running = [];
  balancer.lookNow();
  await eventually(
    () => found.asked,
    (count) => count === 2,
  );
  balancer.lookNow();
  await balancer.settle();
  balancer.stop();
  // That of `settle` itself is the third.
  expect(found.asked).toBe(3);
  expect(problems).toEqual([]);
});

test("a change waits for its servers, and goes on without them where root's door fails", async () => {
  const { found, problems, balancer } = bed();
  await balancer.settle();
  expect(found.running).toHaveLength(2);
  found.fails = true;
  await balancer.settle();
  expect(problems).toEqual(["the door is closed"]);
  found.fails = false;
  await balancer.settle();
  expect(problems).toEqual(["the door is closed", null]);
});
