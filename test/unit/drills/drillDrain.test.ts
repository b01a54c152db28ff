import { expect, test } from "vitest";
import type { WebSocketsLine } from "../../../drills/clients/edge/webSocketsPlan.ts";
import { addUpDrained, judgeDrain } from "../../../drills/measure/drained.ts";

const leaving = { target: "3304", atMs: 100_000, drainMs: 15_000 };
const line = (kind: WebSocketsLine["kind"], target: string, afterS = 0, words = ""): WebSocketsLine => ({
  ...{ kind, target, words },
  atMs: leaving.atMs + afterS * 1000,
});
const held = [line("held", "3301", -9), line("held", "3304", -9), line("held", "3304", -9)];
const judged = (...more: readonly WebSocketsLine[]) => judgeDrain([...held, ...more], leaving);
const closed = [line("closed", "3304", 15.2), line("closed", "3304", 15.4)];

test("sessions of a node that leaves end at the bound, and new ones are elsewhere: no fault", () => {
  expect(judged(line("new", "3304", -1), line("new", "3301", 1), ...closed)).toEqual({
    drained: { held: 3, leaving: 2, broken: 0, misled: 0 },
    faults: [],
    lastClosedMs: leaving.atMs + 15_400,
  });
});

test.each<[string, readonly WebSocketsLine[], object, RegExp]>([
  [
    "one that ends early",
    [line("closed", "3304", 3, "reset"), ...closed.slice(1)],
    { broken: 1 },
    /of 3304 broke 3\.0 s after .*: reset/,
  ],
  ["one of another node", [line("closed", "3301", 15.3), ...closed], { broken: 1 }, /of 3301 broke 15\.3 s/],
  [
    "one that does not answer",
    [line("failed", "3301", 2, "it does not answer"), ...closed],
    { broken: 1 },
    /it does not answer/,
  ],
  [
    "one that does not open",
    [line("failed", "", 2, "it opens with 503"), ...closed],
    { broken: 1 },
    /of no target broke 2\.0 s/,
  ],
  [
    "a new one at the node",
    [line("new", "3304", 0.1), ...closed],
    { misled: 1 },
    /a new session came to 3304 0\.1 s/,
  ],
  ["one that stays open", closed.slice(1), {}, /1 sessions of 3304 are open after the bound/],
])("%s is a fault", (_, more, drained, words) => {
  const found = judged(...more);
  expect(found.drained).toMatchObject(drained);
  expect(found.faults).toEqual([expect.stringMatching(words)]);
});

test("of many faults a few are told, and counted are all", () => {
  const { drained, faults } = judged(...closed, ...Array.from({ length: 40 }, () => line("new", "3304", 1)));
  expect(drained.misled).toBe(40);
  expect(faults).toHaveLength(6);
  expect(faults.at(-1)).toBe("35 more sessions broke, or came to 3304");
  expect(addUpDrained([drained, drained])).toEqual({ held: 6, leaving: 4, broken: 0, misled: 80 });
});
