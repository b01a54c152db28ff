import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entryOf, isEntry, targetOf } from "../../../../agent/routes/entry.ts";
import { retryCauses, retryClasses, retryClassOf } from "../../../../contract/routes/retries.ts";
import { Route, type RouteInput } from "../../../../contract/routes/route.ts";
import { routeTo, routeWith } from "./routeFixtures.ts";

const address = "10.0.9.5";

describe("the line of a route in HAProxy's map", () => {
  test.each<[string, RouteInput["options"], string]>([
    ["http://10.0.9.5:3000", {}, "plain|10.0.9.5|3000|||30000|3600000|0|50|w"],
    ["http://app.internal", {}, "plain|10.0.9.5|80|||30000|3600000|0|50|w"],
    ["https://app.internal", {}, "tls|10.0.9.5|443|app.internal||30000|3600000|0|50|w"],
    [
      "https://app.internal",
      { verify: false },
      "tls-unverified|10.0.9.5|443|app.internal||30000|3600000|0|50|w",
    ],
    ["https://10.0.9.5", { serverName: "a.test" }, "tls|10.0.9.5|443|a.test||30000|3600000|0|50|w"],
    // Its certificate has to be checked for some name.
    ["https://10.0.9.5", {}, "tls|10.0.9.5|443|10.0.9.5||30000|3600000|0|50|w"],
    ["https://10.0.9.5", { verify: false }, "tls-unverified|10.0.9.5|443|||30000|3600000|0|50|w"],
    [
      "http://10.0.9.5:1",
      {
        ...{ websocket: false, hostHeader: "shop:8080", maxConnections: 7, breakerFailures: 0 },
        ...{ responseTimeoutMs: 10, tunnelTimeoutMs: 20 },
      },
      "plain|10.0.9.5|1||shop:8080|10|20|7|0|",
    ],
    ["http://10.0.9.5", { retries: 1, retryOn: "conn-failure" }, "plain|10.0.9.5|80|||30000|3600000|0|50|w"],
    ["http://10.0.9.5", { retries: 0 }, "plain|10.0.9.5|80|||30000|3600000|0|50|w||0"],
    ["http://10.0.9.5", { retryOn: "empty-response" }, "plain|10.0.9.5|80|||30000|3600000|0|50|wr"],
    [
      "http://10.0.9.5",
      { retries: 3, retryOn: "all-retryable-errors" },
      "plain|10.0.9.5|80|||30000|3600000|0|50|wr||3-all",
    ],
  ])("of %s with %j", (target, options, line) => {
    expect(entryOf(routeTo(target, { options }), () => address)).toBe(line);
  });

  test("leads nowhere while no address may be used", () => {
    expect(entryOf(routeTo("https://app.internal"), () => null)).toBe(
      "none||0|app.internal||30000|3600000|0|50|w",
    );
  });

  test("of several targets names their backend, and the first of them that gets requests and has an address", () => {
    const targets = [
      { url: "http://10.0.9.4", weight: 0 },
      { url: "http://unknown.internal" },
      { url: "https://app.internal" },
    ];
    const known = (host: string) => ({ "10.0.9.4": host, "app.internal": address })[host] ?? null;
    const route = routeWith({ targets, options: { maxConnections: 10, queue: 5 } });
    const line = entryOf(route, known, 12);
    expect(line).toBe("tls|10.0.9.5|443|app.internal||30000|3600000|15|50|wr|12");
    expect(isEntry("shop.example.com", line)).toBe(true);
    expect(entryOf(route, () => null, 12)).toMatch(/^none\|\|0\|/);
  });

  test("is one plain line, whatever a caller writes into a route that the schema takes", () => {
    const anything = fc.oneof(fc.string({ unit: "binary" }), fc.webUrl(), fc.domain(), fc.ipV4());
    const port = fc.integer({ min: 1, max: 65535 });
    const target = fc.oneof(
      anything,
      fc
        .tuple(fc.constantFrom("http", "https"), fc.oneof(fc.domain(), fc.ipV4(), anything), port)
        .map(([scheme, host, port]) => `${scheme}://${host}:${port}`),
    );
    const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
    const option = fc.record({
      hostHeader: optional(fc.oneof(anything, fc.domain())),
      serverName: optional(fc.oneof(anything, fc.domain())),
      verify: fc.boolean(),
      websocket: fc.boolean(),
      maxConnections: fc.integer(),
      responseTimeoutMs: fc.oneof(fc.double(), fc.integer({ min: 10, max: 86_400_000 })),
    });
    let taken = 0;
    fc.assert(
      fc.property(
        fc.oneof(anything, fc.domain()),
        target,
        optional(option),
        fc.boolean(),
        (host, target, options, isKnown) => {
          const { success, data } = Route.safeParse({ host, agent: "a1", target, options });
          if (!success) return;
          taken += 1;
          const line = entryOf(data, () => (isKnown ? address : null));
          expect(line).toMatch(/^[A-Za-z0-9.:|-]+$/);
          expect(line.split("|")).toHaveLength(10);
          expect(isEntry(data.host, line)).toBe(true);
        },
      ),
      { numRuns: 5000 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  test.each(["\n:gen x", "\r", "\u0000", " ", ";", "\\", "|", "#", '"', "%0a", "ä", "\u2028"])(
    "is never made of a route with %j in any of its strings",
    (bad) => {
      const good = { host: "shop.example.com", agent: "a1", target: "https://app.internal" };
      const options = { hostHeader: "shop", serverName: "app.internal" };
      expect(Route.safeParse({ ...good, options }).success).toBe(true);
      for (const text of [`x${bad}`, `${bad}x`, `x${bad}x`]) {
        expect(Route.safeParse({ ...good, host: text }).success).toBe(false);
        expect(Route.safeParse({ ...good, agent: text }).success).toBe(false);
        expect(Route.safeParse({ ...good, options: { ...options, hostHeader: text } }).success).toBe(false);
        expect(Route.safeParse({ ...good, options: { ...options, serverName: text } }).success).toBe(false);
        const { success, data } = Route.safeParse({ ...good, target: `https://${text}/` });
        if (success)
          expect(
            isEntry(
              data.host,
              entryOf(data, () => address),
            ),
          ).toBe(true);
      }
    },
  );
});

describe("a line is refused", () => {
  test.each([
    ["shop", "plain|10.0.9.5|80|||1|1|0|0|w\n"],
    ["shop", "plain|10.0.9.5|80|||1|1|0|0|w x"],
    ["shop", "plain|10.0.9.5|80|||1|1|0|0"],
    ["shop", "plain|10.0.9|80|||1|1|0|0|w"],
    ["shop", "plain||80|||1|1|0|0|w"],
    ["shop", "other|10.0.9.5|80|||1|1|0|0|w"],
    ["shop", "none|10.0.9.5|80|||1|1|0|0|w"],
    ["shop", "plain|10.0.9.5|80|a b||1|1|0|0|w"],
    ["shop", "plain|10.0.9.5|80||a|b|1|1|0|0|w"],
    [":gen", "plain|10.0.9.5|80|||1|1|0|0|w"],
    ["a b", "plain|10.0.9.5|80|||1|1|0|0|w"],
    ["shop", "plain|10.0.9.5|80|||1|1|0|0|w||x"],
    ["shop", "plain|10.0.9.5|80|||1|1|0|0|w||1-all|x|y|z"],
    ["#shop", "plain|10.0.9.5|80|||1|1|0|0|w"],
  ])("%j %j", (host, value) => {
    expect(isEntry(host, value)).toBe(false);
  });
});

test("every class of retries that a route may have is one that HAProxy has a backend for", () => {
  const causes = [undefined, ...retryCauses];
  const found = [undefined, 0, 1, 2, 3].flatMap((retries) =>
    causes.map((retryOn) => retryClassOf({ retries, retryOn })),
  );
  expect(new Set(found)).toEqual(new Set(retryClasses.map(({ name }) => name)));
});

test("a target's port is that of its scheme where it names none", () => {
  expect(targetOf("http://a.test")).toEqual({ host: "a.test", port: 80, isTls: false });
  expect(targetOf("https://a.test:80")).toEqual({ host: "a.test", port: 80, isTls: true });
  expect(targetOf("http://0x7f.1")).toEqual({ host: "127.0.0.1", port: 80, isTls: false });
});
