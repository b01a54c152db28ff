import { describe, expect, test } from "vitest";
import { RoutesConfig } from "../../../contract/routesConfig.ts";
import { renderShown } from "../../../render/bundle.ts";
import { hostsOf } from "../../../topology/hosts.ts";
import { parseTopology } from "../../../topology/parse.ts";
import { ConfigError } from "../../../topology/problem.ts";
import { labWithPair } from "../fixtures.ts";

const pairWith = (fixed: readonly object[], routes: object = {}) =>
  labWithPair({ edge: { domains: ["apps.example.com"] }, routes: { ...routes, fixed } });

function problemsOf(...args: Parameters<typeof pairWith>): readonly string[] {
  try {
    parseTopology(pairWith(...args));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}
const target = "http://10.0.9.5:3000";

describe("routes of the config", () => {
  test("reach each node with full names, as the config's own", () => {
    const topology = parseTopology(
      pairWith([
        { host: "shop", target, options: { retries: 2 } },
        { host: "www.example.org", targets: [{ url: target }, { url: "http://10.0.9.6:3000" }] },
      ]),
    );
    for (const name of ["haproxy1", "haproxy2"]) {
      const host = hostsOf(topology).find((one) => one.name === name);
      if (host === undefined) throw new Error(`no host ${name}`);
      const { fixed } = RoutesConfig.parse(
        JSON.parse(renderShown(topology, host)["etc/hapair/routes.json"] ?? ""),
      );
      expect(fixed).toMatchObject([
        { host: "shop.apps.example.com", agent: "config", target, options: { retries: 2, websocket: true } },
        { host: "www.example.org", agent: "config", targets: [{ weight: 1 }, { weight: 1 }] },
      ]);
    }
  });

  test.each([
    [{ host: "shop", target: "ftp://x" }, "pairs[0].routes.fixed[0].target: expected http:// or https://"],
    [{ host: "Shop", target }, "pairs[0].routes.fixed[0].host: expected a host name in lower case"],
    [{ host: "shop" }, "pairs[0].routes.fixed[0].target: expected either target, a URL, or targets"],
    [{ host: "shop", target, agent: "a" }, "pairs[0].routes.fixed[0].agent: unknown key"],
    [{ host: "shop", target, options: { retry: 1 } }, "pairs[0].routes.fixed[0].options.retry: unknown key"],
    [
      { host: "shop", target, options: { requestHeaders: { Host: "x" } } },
      "pairs[0].routes.fixed[0].options.requestHeaders.Host: is a header of the edge's own",
    ],
    [
      { host: "shop", target: "http://127.0.0.1" },
      "fixed[0].target: 127.0.0.1 is the node itself (loopback)",
    ],
    [{ host: "shop", target: "http://0x7f.1" }, "fixed[0].target: 127.0.0.1 is the node itself (loopback)"],
    [
      { host: "shop", target: "http://10.0.1.20" },
      "fixed[0].target: 10.0.1.20 is an address of the pair's own",
    ],
    [
      { host: "shop", target: "http://10.0.1.100" },
      "fixed[0].target: 10.0.1.100 is an address of the pair's",
    ],
    [
      { host: "shop", targets: [{ url: target }, { url: "http://169.254.169.254" }] },
      "pairs[0].routes.fixed[0].targets[1].url: 169.254.169.254 is link-local",
    ],
    [
      { host: "shop", target: "http://10.0.7.1" },
      "pairs[0].routes.fixed[0].target: 10.0.7.1 is in 10.0.7.0/24, which routes.deniedTargets has",
    ],
  ])("of %j are refused before anything is made", (route, problem) => {
    expect(problemsOf([route], { deniedTargets: ["10.0.7.0/24"] })).toEqual([
      expect.stringContaining(problem),
    ]);
  });

  test("may lead where routes.allowedTargets says", () => {
    const route = { host: "shop", target: "http://127.0.0.1:3000" };
    expect(problemsOf([route], { allowedTargets: ["127.0.0.0/8"] })).toEqual([]);
  });

  test("have each name once, also as a label and in full", () => {
    const routes = ["shop", "shop.apps.example.com"].map((host) => ({ host, target }));
    expect(problemsOf(routes)).toEqual([
      expect.stringMatching(
        /^pairs\[0\]\.routes\.fixed\[1\]\.host: shop\.apps\.example\.com: .*fixed\[0\]\.host/,
      ),
    ]);
  });

  test("are no more of those with servers of their own than a pair may have", () => {
    const routes = Array.from({ length: 17 }, (_, index) => ({
      ...{ host: `shop${index}`, target },
      options: { check: { path: "/" } },
    }));
    expect(problemsOf(routes.slice(1))).toEqual([]);
    expect(problemsOf(routes)).toEqual([
      expect.stringContaining("pairs[0].routes.fixed[16]: is one more than the 16 routes"),
    ]);
  });
});
