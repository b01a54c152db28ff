import { expect, it } from "vitest";
import { inTurns } from "../../../../agent/routes/inTurns.ts";

it("works on every item, and on no more than so many at once", async () => {
  const done: number[] = [];
  let now = 0;
  let most = 0;
  await inTurns([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
    done.push(item);
  });
  expect(done.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

it("rejects with the first error and starts nothing after it", async () => {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const work = (item: number) => {
    begun.push(item);
    return new Promise<void>((resolve, reject) => {
      ends.push(item === 2 ? () => reject(new Error("two")) : resolve);
    });
  };
  const all = inTurns([1, 2, 3, 4], 2, work);
  for (const end of ends.reverse()) end();
  await expect(all).rejects.toThrow("two");
  expect(begun).toEqual([1, 2]);
});
