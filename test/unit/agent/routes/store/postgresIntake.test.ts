import { expect, test } from "vitest";
import { openIntake } from "../../../../../agent/routes/store/postgresIntake.ts";
import type { NumberedChange } from "../../../../../agent/routes/store/store.ts";

const changesFrom = (first: number, last = first): NumberedChange[] =>
  Array.from({ length: last - first + 1 }, (_, place) => ({
    version: first + place,
    transaction: last,
    mark: `m${last}`,
    host: `host${first + place}.example.com`,
    route: null,
  }));
const news = (first: number, last = first, mark = `m${first - 1}`) => ({
  after: first - 1,
  mark,
  changes: changesFrom(first, last),
});

/** @param isTaking whether the follower takes what it is told */
function opened({ isTaking = true } = {}) {
  const told: number[] = [];
  let go = () => {};
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  let rooms = 0;
  const intake = openIntake(
    { version: 7, mark: "m7" },
    {
      changes: async (changes) => {
        if (!isTaking) await gone;
        told.push(...changes.map(({ version }) => version));
      },
      snapshot: async () => {},
    },
    () => {
      rooms += 1;
    },
  );
  return { intake, told, go, rooms: () => rooms };
}

test("news that follow on what a node has are taken without a read, and old ones leave nothing to read", async () => {
  const { intake, told } = opened();
  expect(intake.told(news(8, 9))).toBe(true);
  expect(intake.told(news(10))).toBe(true);
  for (const old of [news(8, 9), news(10), news(5)]) expect(intake.told(old)).toBe(true);
  expect(intake.position()).toEqual({ version: 10, mark: "m10" });
  await expect.poll(() => told).toEqual([8, 9, 10]);
});

test("news after a gap, or of another history, are left to be read", async () => {
  const { intake, told } = opened();
  expect(intake.told(news(9))).toBe(false);
  expect(intake.told(news(8, 8, "m6"))).toBe(false);
  expect(intake.position()).toEqual({ version: 7, mark: "m7" });
  expect(intake.read({ standing: "same", version: 9, changes: changesFrom(8, 9) })).toEqual({
    isTaken: true,
    isMore: false,
  });
  expect(intake.told(news(9))).toBe(true);
  await expect.poll(() => told).toEqual([8, 9]);
});

test("a node that has nothing yet takes no news", () => {
  const follower = { changes: async () => {}, snapshot: async () => {} };
  expect(openIntake(null, follower, () => {}).told(news(1))).toBe(false);
});

test("a node that takes nothing is given no more than it can hold, and told once there is room", async () => {
  const { intake, told, go, rooms } = opened({ isTaking: false });
  expect(intake.read({ standing: "same", version: 6000, changes: changesFrom(8, 5007) })).toEqual({
    isTaken: true,
    isMore: true,
  });
  expect(intake.most()).toBe(0);
  expect(intake.told(news(5008))).toBe(false);
  expect(rooms()).toBe(0);
  go();
  await expect.poll(() => rooms()).toBe(1);
  expect(told).toHaveLength(5000);
  expect(intake.most()).toBeGreaterThan(0);
  expect(intake.told(news(5008))).toBe(true);
});
