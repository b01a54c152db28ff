import { describe, expect, test } from "vitest";
import { isBalanced, Route, targetsOf } from "../../../../contract/routes/route.ts";

const route = (parts: object) => Route.safeParse({ host: "shop", agent: "a1", ...parts });
const problemsOf = (parts: object) =>
  route(parts).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
const two = [{ url: "http://10.0.9.5:3000", weight: 3 }, { url: "https://app.internal" }];

describe("a route with several targets", () => {
  test("has a weight for each, and needs servers of its own", () => {
    const { data } = route({ targets: two });
    if (data === undefined) throw new Error("the schema refuses it");
    expect(targetsOf(data)).toEqual([two[0], { ...two[1], weight: 1 }]);
    expect(isBalanced(data)).toBe(true);
  });

  test("of one target without check and queue needs none", () => {
    const { data } = route({ targets: two.slice(0, 1) });
    expect(data && isBalanced(data)).toBe(false);
  });

  test.each([
    [{}, "target: expected either target, a URL, or targets"],
    [{ target: "http://10.0.9.5", targets: two }, "target: expected either target, a URL, or targets"],
    [
      { targets: [...two, { url: "http://10.0.9.5:3000/" }] },
      "targets.2.url: http://10.0.9.5:3000 is in the list already",
    ],
    [{ targets: [{ url: "http://10.0.9.5", weight: 0 }] }, "targets: has no target with a weight above 0"],
    [{ targets: [] }, "targets: "],
    [{ targets: [{ url: "ftp://10.0.9.5" }] }, "targets.0.url: expected http://"],
    [{ targets: [{ url: "http://10.0.9.5", weight: 257 }] }, "targets.0.weight: "],
    [{ targets: two, options: { queue: 5 } }, "options.queue: needs maxConnections"],
    [{ targets: two, options: { check: {} } }, "options.check.path: "],
    [
      { targets: two, options: { check: { path: "/a\nset server x" } } },
      "options.check.path: expected a path",
    ],
    [{ targets: two, options: { check: { path: "/a);x" } } }, "options.check.path: expected a path"],
    [{ targets: two, options: { check: { path: "/", intervalMs: 10 } } }, "options.check.intervalMs: "],
    [{ targets: two, options: { retries: 2 } }, "options.retries: is that of a route with one target"],
    [
      { targets: two, options: { retryOn: "all-retryable-errors" } },
      "options.retryOn: expected conn-failure or empty-response",
    ],
  ])("is refused with %j", (parts, problem) => {
    expect(problemsOf(parts)).toContainEqual(expect.stringContaining(problem));
  });
});
