import { expect, test } from "vitest";
import { deadSince, isRestartDue, judge } from "../../../../agent/health/judge.ts";
import type { Look } from "../../../../agent/health/look.ts";
import { counted, restarts, waitS } from "../../../../agent/health/root/budget.ts";
import { gone, good, silent, silentApi, silentEdge } from "./looks.ts";

const beside = { configProblem: null, routesProblem: null };

test.each([
  [good, beside, "HEALTHY", null],
  [gone, beside, "UNHEALTHY", /does not run/],
  [silent, beside, "UNHEALTHY", /edge does not answer/],
  [silentEdge, beside, "DEGRADED", /edge does not answer/],
  [silentApi, beside, "DEGRADED", /Runtime API does not answer/],
  [{ ...good, responseMs: 400 }, beside, "DEGRADED", /took 400 ms/],
  [good, { ...beside, configProblem: "broken" }, "DEGRADED", /broken/],
  [good, { ...beside, routesProblem: "map is gone" }, "DEGRADED", /map is gone/],
  [silentEdge, { ...beside, configProblem: "broken" }, "DEGRADED", /edge/],
] as const)("what is found is judged by whether clients are served: %#", (look, known, state, problem) => {
  const verdict = judge(look, known);
  expect(verdict.state).toBe(state);
  if (problem === null) expect(verdict.problem).toBeNull();
  else expect(verdict.problem).toMatch(problem);
});

/** Whether a restart is due after the same look for so long. */
function dueAfter(look: Look, ms: number): boolean {
  const sinceMs = deadSince(look, deadSince(look, null, 0), ms);
  return sinceMs !== null && isRestartDue(sinceMs, ms);
}

test("one that is silent is restarted at the second look, one that may serve is left to a person", () => {
  expect([0, 500].map((ms) => dueAfter(silent, ms))).toEqual([false, true]);
  for (const look of [silentApi, silentEdge]) expect(dueAfter(look, 60_000)).toBe(false);
});

test("a process that is not there is left to systemd, and a good one alone", () => {
  expect(dueAfter(gone, 60_000)).toBe(false);
  expect(dueAfter(good, 60_000)).toBe(false);
});

test("one that was dead and answers meanwhile is dead anew", () => {
  expect(deadSince(silentApi, 0, 4000)).toBeNull();
  expect(deadSince(silent, null, 4000)).toBe(4000);
  expect(deadSince(silent, 4000, 4500)).toBe(4000);
});

test("the budget allows so many restarts in its time, and says when the next one is possible", () => {
  const times = Array.from({ length: restarts.most }, (_, at) => 1000 + at * 100);
  expect(waitS(times.slice(1), 1300)).toBe(0);
  expect(waitS(times, 1300)).toBe(1000 + restarts.withinS - 1300);
  expect(waitS(times, 1000 + restarts.withinS)).toBe(0);
  expect(counted([...times, 5000], 1300)).toEqual(times);
});
