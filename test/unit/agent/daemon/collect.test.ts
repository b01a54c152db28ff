import { beforeEach, expect, it } from "vitest";
import { openCollector } from "../../../../agent/daemon/collect.ts";

const megabyte = 1024 * 1024;
let heap: number;
let busy: number;
/** When garbage was collected, s. */
let collected: number[];
let nowS: number;
let look: (nowMs: number) => void;

beforeEach(() => {
  heap = 12 * megabyte;
  busy = 0.01;
  collected = [];
  nowS = 0;
  const collect = () => {
    collected.push(nowS);
    heap = 12 * megabyte;
  };
  look = openCollector({ heapBytes: () => heap, busy: () => busy, collect }, 0);
});

/** Lets so many seconds pass, in each of which so much garbage is made. */
function pass(seconds: number, bytes = 0): void {
  for (const endS = nowS + seconds; nowS < endS; ) {
    nowS += 1;
    heap += bytes;
    look(nowS * 1000);
  }
}

it("collects once a minute while little garbage is made", () => {
  pass(180, 10_000);
  expect(collected).toEqual([60, 120, 180]);
});

it("collects in the first quiet second after work that has left much", () => {
  pass(20);
  busy = 0.8;
  pass(10, megabyte);
  busy = 0.01;
  pass(20);
  expect(collected).toEqual([31]);
});

it("collects no more than every ten seconds, and once a minute however busy it is", () => {
  pass(40, 4 * megabyte);
  expect(collected).toEqual([10, 20, 30, 40]);
  busy = 1;
  pass(60, 4 * megabyte);
  expect(collected.at(-1)).toBe(100);
  expect(collected).toHaveLength(5);
});
