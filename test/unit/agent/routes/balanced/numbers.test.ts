import { describe, expect, test } from "vitest";
import { numbersAfter, numbersFrom, numbersOf } from "../../../../../agent/routes/balanced/numbers.ts";
import { balancedBackends } from "../../../../../contract/routes/balanced.ts";
import { routeTo, routeWith } from "../routeFixtures.ts";

const many = (host: string) =>
  routeWith({ host, targets: [{ url: "http://10.0.9.5" }, { url: "http://10.0.9.6" }] });
const put = (host: string) => ({ host, route: many(host) });
const gone = (host: string) => ({ host, route: null });

describe("the backend of a route", () => {
  test("stays while the route needs one, and a further route gets the first that is free", () => {
    const first = numbersAfter(new Map(), [put("a.test"), put("b.test"), put("c.test")], [1, 2, 3, 4]);
    expect([...first]).toEqual([
      ["a.test", 1],
      ["b.test", 2],
      ["c.test", 3],
    ]);
    const second = numbersAfter(first, [gone("a.test"), put("b.test"), put("d.test")], [4, 5]);
    expect([...second]).toEqual([
      ["b.test", 2],
      ["c.test", 3],
      ["d.test", 4],
    ]);
    const changes = [put("e.test"), gone("e.test"), gone("d.test"), put("d.test")];
    expect([...numbersAfter(second, changes, [5])]).toEqual([...second]);
    const plain = { host: "b.test", route: routeTo("http://10.0.9.5", { host: "b.test" }) };
    expect([...numbersAfter(second, [plain], []).keys()]).toEqual(["c.test", "d.test"]);
  });

  test("is not the one that another route has until the same change", () => {
    const before = new Map([["a.test", 1]]);
    expect([...numbersAfter(before, [gone("a.test"), put("b.test")], [])]).toEqual([]);
  });

  test("is the one that was given out longest ago", () => {
    expect(numbersFrom(0).slice(0, 3)).toEqual([1, 2, 3]);
    expect(numbersFrom(18).slice(0, 3)).toEqual([19, 20, 1]);
    expect(new Set(numbersFrom(7)).size).toBe(balancedBackends);
  });

  test("is none for a route with one target and neither check nor queue", () => {
    const checked = routeTo("http://10.0.9.5", { host: "a.test", options: { check: { path: "/" } } });
    const queued = routeTo("http://10.0.9.5", { host: "b.test", options: { maxConnections: 1, queue: 1 } });
    const single = routeWith({ host: "c.test", targets: [{ url: "http://10.0.9.5" }] });
    const changes = [checked, queued, single].map((route) => ({ host: route.host, route }));
    expect([...numbersAfter(new Map(), changes, [1, 2, 3]).keys()]).toEqual(["a.test", "b.test"]);
  });

  test("is none for a route that comes when all are taken", () => {
    const hosts = Array.from({ length: balancedBackends + 1 }, (_, index) => `h${index}.test`);
    const numbers = numbersAfter(new Map(), hosts.map(put), numbersFrom(0));
    expect(numbers.size).toBe(balancedBackends);
    expect(numbers.has(hosts.at(-1) ?? "")).toBe(false);
  });

  test("is read from a log as it was, without those of routes that are gone", () => {
    const routes = new Map(["a.test", "b.test"].map((host) => [host, many(host)]));
    const known = new Map([
      ["gone.test", 1],
      ["a.test", 1],
      ["b.test", 4],
    ]);
    expect([...numbersOf(routes, known)]).toEqual([
      ["a.test", 1],
      ["b.test", 4],
    ]);
  });
});
