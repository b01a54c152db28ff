import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Delivery, openDelivery } from "../../../../../agent/routes/store/delivery.ts";
import type { NumberedChange } from "../../../../../agent/routes/store/store.ts";

const change = (version: number): NumberedChange => ({
  version,
  transaction: version,
  mark: "m",
  host: `host${version}.example.com`,
  route: null,
});
const snapshot = (version: number) => ({ version, mark: "m", routes: [] });

let told: string[];
/** Ends the call that is under way, well or not. */
let end: (error?: Error) => void;
let delivery: Delivery;

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  const call = (what: string) => {
    told.push(what);
    return new Promise<void>((resolve, reject) => {
      end = (error) => (error === undefined ? resolve() : reject(error));
    });
  };
  delivery = openDelivery(
    {
      changes: (changes) => call(changes.map(({ version }) => version).join(" ")),
      snapshot: ({ version }) => call(`snapshot ${version}`),
    },
    500,
  );
});
afterEach(() => vi.useRealTimers());

async function ended(error?: Error): Promise<void> {
  end(error);
  await vi.advanceTimersByTimeAsync(0);
}

it("what comes while a call is under way is told in one call after it", async () => {
  delivery.changes([change(1)]);
  delivery.changes([change(2)]);
  delivery.changes([change(3), change(4)]);
  expect(told).toEqual(["1"]);
  expect(delivery.waiting()).toBe(4);
  await ended();
  expect(told).toEqual(["1", "2 3 4"]);
  await ended();
  expect(delivery.waiting()).toBe(0);
  delivery.changes([change(5)]);
  expect(told.at(-1)).toBe("5");
});

it("what is rejected is told again after a pause, with what has come since", async () => {
  delivery.changes([change(1)]);
  await ended(new Error("disk full"));
  delivery.changes([change(2)]);
  await vi.advanceTimersByTimeAsync(499);
  expect(told).toEqual(["1"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told).toEqual(["1", "1 2"]);
});

it("a snapshot replaces what waits, and what comes after it is told after it", async () => {
  delivery.changes([change(1)]);
  delivery.changes([change(2)]);
  delivery.snapshot(snapshot(7));
  delivery.changes([change(8)]);
  await ended();
  await ended();
  await ended();
  expect(told).toEqual(["1", "snapshot 7", "8"]);
});

it("of two snapshots the later one is told last, and one that is rejected is told again", async () => {
  delivery.snapshot(snapshot(1));
  delivery.snapshot(snapshot(2));
  await ended();
  await ended(new Error("disk full"));
  await vi.advanceTimersByTimeAsync(500);
  expect(told).toEqual(["snapshot 1", "snapshot 2", "snapshot 2"]);
});

it("after a stop nothing more is told, and the stop waits for the call under way", async () => {
  delivery.changes([change(1)]);
  delivery.changes([change(2)]);
  let isStopped = false;
  const stopped = delivery.stop().then(() => {
    isStopped = true;
  });
  await vi.advanceTimersByTimeAsync(10);
  expect(isStopped).toBe(false);
  await ended();
  await stopped;
  expect(told).toEqual(["1"]);
});
