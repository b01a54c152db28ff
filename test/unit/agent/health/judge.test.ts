import { expect, test } from "vitest";
import { counted, restarts, waitS } from "../../../../agent/health/budget.ts";
import { failing, isRestartDue, judge } from "../../../../agent/health/judge.ts";
import type { Look } from "../../../../agent/health/look.ts";

const facts = {
  ...{ pid: 1, version: "3.0.11", uptimeS: 1, connections: 0, maxConnections: 1 },
  ...{ totalConnections: 0, totalRequests: 0, connectionRate: 0 },
};
const good: Look = {
  ...{ at: new Date(0), unit: true, process: true, facts, responseMs: 2 },
  ...{ apiProblem: null, edgeProblem: null },
};
const silentApi = { ...good, facts: null, apiProblem: "no answer" };
const silentEdge = { ...good, edgeProblem: "no answer" };
const gone = { ...silentApi, edgeProblem: "refused", process: false };
const beside = { configProblem: null, routesProblem: null };

test.each([
  [good, beside, "HEALTHY", null],
  [gone, beside, "UNHEALTHY", /does not run/],
  [silentEdge, beside, "UNHEALTHY", /edge does not answer/],
  [silentApi, beside, "DEGRADED", /Runtime API does not answer/],
  [{ ...good, responseMs: 400 }, beside, "DEGRADED", /took 400 ms/],
  [good, { ...beside, configProblem: "broken" }, "DEGRADED", /broken/],
  [good, { ...beside, routesProblem: "map is gone" }, "DEGRADED", /map is gone/],
  [silentEdge, { ...beside, configProblem: "broken" }, "UNHEALTHY", /edge/],
] as const)("what is found is judged by whether clients are served: %#", (look, known, state, problem) => {
  const verdict = judge(look, known);
  expect(verdict.state).toBe(state);
  if (problem === null) expect(verdict.problem).toBeNull();
  else expect(verdict.problem).toMatch(problem);
});

const silent = { ...silentApi, edgeProblem: "no answer" };

/** Whether a restart is due after the same look for so long. */
function dueAfter(look: Look, ms: number): boolean {
  const found = failing(look, failing(look, null, 0), ms);
  return found !== null && isRestartDue(found, ms);
}

test("one that is silent is restarted at the second look, one that may serve after five seconds", () => {
  expect([0, 500].map((ms) => dueAfter(silent, ms))).toEqual([false, true]);
  for (const look of [silentApi, silentEdge])
    expect([500, 4999, 5000].map((ms) => dueAfter(look, ms))).toEqual([false, false, true]);
});

test("a process that is not there is left to systemd, and a good one alone", () => {
  expect(dueAfter(gone, 60_000)).toBe(false);
  expect(dueAfter(good, 60_000)).toBe(false);
});

test("a failure that changes its kind begins anew", () => {
  const bad = failing(silentApi, null, 0);
  const dead = failing(silent, bad, 4000);
  expect(dead).toEqual({ kind: "dead", sinceMs: 4000 });
  expect(failing(good, dead, 4100)).toBeNull();
});

test("the budget allows so many restarts in its time, and says when the next one is possible", () => {
  const times = Array.from({ length: restarts.most }, (_, at) => 1000 + at * 100);
  expect(waitS(times.slice(1), 1300)).toBe(0);
  expect(waitS(times, 1300)).toBe(1000 + restarts.withinS - 1300);
  expect(waitS(times, 1000 + restarts.withinS)).toBe(0);
  expect(counted([...times, 5000], 1300)).toEqual(times);
});
