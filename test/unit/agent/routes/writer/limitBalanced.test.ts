import { expect, test } from "vitest";
import { openBalancedLimit } from "../../../../../agent/routes/writer/limitBalanced.ts";
import { mostBalanced } from "../../../../../contract/routes/balanced.ts";
import type { Change } from "../../../../../contract/routes/change.ts";
import type { Route } from "../../../../../contract/routes/route.ts";
import { routeTo, routeWith } from "../routeFixtures.ts";

const targets = [{ url: "http://10.0.9.5" }, { url: "http://10.0.9.6" }];
const put = (host: string): Change => ({ do: "put", route: routeWith({ host, targets }) });
const hosts = Array.from({ length: mostBalanced }, (_, index) => `h${index}.test`);
const full = new Map(hosts.map((host) => [host, routeWith({ host, targets })]));
const limitBalanced = (changes: readonly Change[], routes: ReadonlyMap<string, Route>) =>
  openBalancedLimit()(changes, routes);

test("one route more with several targets than HAProxy has backends for is refused, and one target is not", () => {
  expect(() => limitBalanced([put("h0.test")], full)).not.toThrow();
  const plain = { do: "put", route: routeTo("http://10.0.9.5", { host: "more.test" }) } as const;
  expect(() => limitBalanced([plain], full)).not.toThrow();
  const refused = expect.objectContaining({
    code: "no-backend",
    field: "changes.1.route.targets",
    message: expect.stringMatching(/16 routes .* these would be 17/),
  });
  expect(() => limitBalanced([plain, put("more.test")], full)).toThrow(refused);
});

test("one that goes in the same transaction makes place", () => {
  const remove = { do: "remove", host: "h3.test", agent: "a1" } as const;
  expect(() => limitBalanced([put("more.test"), remove], full)).not.toThrow();
});

test("of changes at the same moment, those are refused that would be too many, until one has failed", () => {
  const take = openBalancedLimit();
  const one = new Map([...full].slice(1));
  const giveBack = take([put("first.test")], one);
  expect(() => take([put("second.test")], one)).toThrow(/these would be 17/);
  giveBack();
  expect(() => take([put("second.test")], one)).not.toThrow();
});
