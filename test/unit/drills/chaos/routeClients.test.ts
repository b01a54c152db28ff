import { expect, test } from "vitest";
import { changedAfterMs } from "../../../../drills/chaos/routeClients.ts";

const nodes = ["haproxy1", "haproxy2"];
const change = (atMs: number, ...appliedOn: readonly string[]) => ({ atMs, appliedOn: [...appliedOn] });

test("routes change again with the first change of after the heal that all nodes have", () => {
  const before = change(2990, ...nodes);
  const onOne = change(3100, "haproxy1");
  const failed = { atMs: 3200 };
  expect(
    changedAfterMs([before, onOne, failed, change(3400, ...nodes), change(3500, ...nodes)], 3000, nodes),
  ).toBe(400);
  expect(changedAfterMs([before, onOne, failed], 3000, nodes)).toBe(Number.POSITIVE_INFINITY);
});
