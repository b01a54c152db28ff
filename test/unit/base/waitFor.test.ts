import { expect, test } from "vitest";
import { waitFor, waitWhile } from "../../../base/waitFor.ts";

/** A clock that only pauses move; it keeps them. */
function clock() {
  const pauses: number[] = [];
  return {
    pauses,
    monotonicMs: () => pauses.reduce((sum, ms) => sum + ms, 0),
    pause: async (ms: number) => void pauses.push(ms),
  };
}

test("an answer ends the wait at once, also one that is false", async () => {
  const answers = [undefined, undefined, false];
  expect(await waitFor(1000, () => answers.shift(), { clock: clock() })).toBe(false);
});

test("there is no answer where no attempt before the deadline had one", async () => {
  const time = clock();
  expect(await waitFor(100, () => undefined, { clock: time, everyMs: 30 })).toBeUndefined();
  expect(time.pauses).toEqual([30, 30, 30]);
});

test("pauses double up to the slowest, and every ask knows what is left", async () => {
  const time = clock();
  const left: number[] = [];
  const problem = (leftMs: number) => `asked ${left.push(leftMs)} times`;
  expect(await waitWhile(1000, problem, { clock: time, everyMs: 100, slowestMs: 300 })).toBe("asked 5 times");
  expect(time.pauses).toEqual([100, 200, 300, 300]);
  expect(left).toEqual([1000, 900, 700, 400, 100]);
});

test("a problem that is gone leaves none", async () => {
  const problems = ["down", "starting", undefined];
  expect(await waitWhile(1000, () => problems.shift(), { clock: clock() })).toBeUndefined();
});

test("an abort ends the wait before the next ask, with its reason", async () => {
  const abort = new AbortController();
  let asks = 0;
  const ask = () => {
    asks++;
    abort.abort(new Error("interrupted"));
    return undefined;
  };
  await expect(waitFor(1000, ask, { clock: clock(), signal: abort.signal })).rejects.toThrow("interrupted");
  expect(asks).toBe(1);
});
