import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { repeat } from "../../../../agent/daemon/repeat.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a stop waits for the running turn, and no turn begins after it", async () => {
  const turns: PromiseWithResolvers<void>[] = [];
  const repeated = repeat(
    100,
    () => {
      const turn = Promise.withResolvers<void>();
      turns.push(turn);
      return turn.promise;
    },
    () => {},
  );
  await vi.advanceTimersByTimeAsync(1000);
  expect(turns, "never beside itself").toHaveLength(1);
  turns[0]?.resolve();
  await vi.advanceTimersByTimeAsync(100);
  let ended = false;
  const stopped = repeated.stop().then(() => {
    ended = true;
  });
  await vi.advanceTimersByTimeAsync(1000);
  expect([turns.length, ended]).toEqual([2, false]);
  turns[1]?.resolve();
  await stopped;
  await vi.advanceTimersByTimeAsync(1000);
  expect([turns.length, ended]).toEqual([2, true]);
});

test("each turn reports its problem, or that it has none", async () => {
  const reported: (string | null)[] = [];
  let turn = 0;
  const repeated = repeat(
    100,
    async () => {
      turn += 1;
      if (turn === 2) throw new Error("no such thing");
    },
    (problem) => reported.push(problem),
  );
  await vi.advanceTimersByTimeAsync(250);
  await repeated.stop();
  expect(reported).toEqual([null, "no such thing", null]);
});
