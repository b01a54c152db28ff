import { describe, expect, test } from "vitest";
import { numbersAfter, numbersOf } from "../../../../../agent/routes/balanced/numbers.ts";
import { balancedBackends } from "../../../../../contract/routes/balanced.ts";
import { routeTo, routeWith } from "../routeFixtures.ts";

const many = (host: string) =>
  routeWith({ host, targets: [{ url: "http://10.0.9.5" }, { url: "http://10.0.9.6" }] });
const put = (host: string) => ({ host, route: many(host) });
const gone = (host: string) => ({ host, route: null });

describe("the backend of a route", () => {
  test("stays while the route needs one, and is free for another one afterwards", () => {
    const first = numbersAfter(new Map(), [put("a.test"), put("b.test"), put("c.test")]);
    expect([...first]).toEqual([
      ["a.test", 1],
      ["b.test", 2],
      ["c.test", 3],
    ]);
    const second = numbersAfter(first, [gone("a.test"), put("b.test"), put("d.test")]);
    expect([...second]).toEqual([
      ["b.test", 2],
      ["c.test", 3],
      ["d.test", 1],
    ]);
    expect([...numbersAfter(second, [put("e.test"), gone("e.test"), gone("d.test"), put("d.test")])]).toEqual(
      [...second],
    );
    const plain = { host: "b.test", route: routeTo("http://10.0.9.5", { host: "b.test" }) };
    expect([...numbersAfter(second, [plain]).keys()]).toEqual(["c.test", "d.test"]);
  });

  test("is none for a route with one target and neither check nor queue", () => {
    const checked = routeTo("http://10.0.9.5", { host: "a.test", options: { check: { path: "/" } } });
    const queued = routeTo("http://10.0.9.5", { host: "b.test", options: { maxConnections: 1, queue: 1 } });
    const single = routeWith({ host: "c.test", targets: [{ url: "http://10.0.9.5" }] });
    const changes = [checked, queued, single].map((route) => ({ host: route.host, route }));
    expect([...numbersAfter(new Map(), changes).keys()]).toEqual(["a.test", "b.test"]);
  });

  test("is none for a route that comes when all are taken", () => {
    const hosts = Array.from({ length: balancedBackends + 1 }, (_, index) => `h${index}.test`);
    const numbers = numbersAfter(new Map(), hosts.map(put));
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
