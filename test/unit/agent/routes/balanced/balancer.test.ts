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

/** A HAProxy whose root makes the servers that are wanted, or says why not, or does not end. */
function bed() {
  const problems: (string | null)[] = [];
  const found = { running: [] as RunningServer[], asked: 0, fails: false, ends: Promise.resolve() };
  const balance = async () => {
    found.asked += 1;
    if (found.fails) throw new Error("the door is closed");
    await found.ends;
    found.running = servers.map(({ name, weight, limit }) => ({
      ...{ backend: "edge-balanced1", name, weight, limit },
      ...{ isLeaving: false, isChecked: false, sessions: 0, sinceS: 0 },
    }));
  };
  const haproxy = { running: async () => ({ servers: found.running, checks: new Map() }), balance };
  const onProblem = (problem: string | null) => problems.push(problem);
  const balancer = new Balancer(haproxy, { wanted: () => wanted, drainS: 600, onProblem, onSeen: () => {} });
  return { found, problems, balancer };
}

/** How long something takes, ms. */
async function timeOf(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
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
  expect(found.asked).toBe(2);
  expect(problems).toEqual([]);
});

test("a change waits for its servers, and goes on without them where root's door fails", async () => {
  const { found, problems, balancer } = bed();
  await balancer.settle();
  expect(found.running).toHaveLength(2);
  found.running = [];
  found.fails = true;
  await balancer.settle();
  expect(problems).toEqual(["the door is closed"]);
  found.fails = false;
  balancer.start();
  await eventually(
    () => problems,
    (told) => told.at(-1) === null,
  );
  balancer.stop();
  expect(found.running).toHaveLength(2);
});

test("changes do not wait again for a root that hangs, nor does each of them start a run of its own", async () => {
  const { found, balancer } = bed();
  const { promise, resolve } = Promise.withResolvers<void>();
  found.ends = promise;
  expect(await timeOf(() => balancer.settle())).toBeGreaterThan(2500);
  expect(
    await timeOf(async () => {
      for (let index = 0; index < 5; index += 1) await balancer.settle();
    }),
  ).toBeLessThan(2000);
  expect(found.asked).toBe(1);
  resolve();
  await balancer.settle();
  expect(found.running).toHaveLength(2);
  expect(found.asked).toBe(1);
});

test("a stop ends the wait for root", async () => {
  const { found, balancer } = bed();
  found.ends = Promise.withResolvers<void>().promise;
  const settled = timeOf(() => balancer.settle());
  await eventually(
    () => found.asked,
    (count) => count === 1,
  );
  balancer.stop();
  expect(await settled).toBeLessThan(2000);
});

test("a backend is a route's only where HAProxy has shown no server of another one there, and root adds none", async () => {
  const { found, balancer } = bed();
  const [own] = [...(wanted.values() ?? [])];
  if (own === undefined) throw new Error("nothing is wanted");
  expect([balancer.isHeld(1, own), balancer.isEmpty(1)]).toEqual([false, false]);
  await balancer.see();
  expect([balancer.isHeld(1, own), balancer.isEmpty(1)]).toEqual([true, true]);
  const other = { backend: "edge-balanced1", name: "10.0.9.9:80-aaaaaa", weight: 1, limit: 0 };
  const foreign = { ...other, isLeaving: false, isChecked: false, sessions: 1, sinceS: 0 };
  found.running = [foreign];
  await balancer.see();
  expect([balancer.isHeld(1, own), balancer.isEmpty(1)]).toEqual([false, false]);
  found.running = [{ ...foreign, isLeaving: true }];
  await balancer.see();
  expect([balancer.isHeld(1, own), balancer.isEmpty(1)]).toEqual([true, true]);
  found.fails = true;
  await balancer.settle();
  // What a run of root's may still do that has not answered as it should.
  expect([balancer.isHeld(1, own), balancer.isEmpty(1)]).toEqual([true, false]);
  balancer.stop();
});
