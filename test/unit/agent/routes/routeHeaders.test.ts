import { describe, expect, test } from "vitest";
import { entryOf, isEntry } from "../../../../agent/routes/entry.ts";
import { Route } from "../../../../contract/routes/route.ts";
import { routeTo } from "./routeFixtures.ts";

const parsed = (options: object) =>
  Route.safeParse({ host: "shop", agent: "a1", target: "http://10.0.9.5", options });
const problemsOf = (options: object) =>
  parsed(options).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

describe("headers of a route", () => {
  test("are lines of their names and values in HAProxy's map, in an alphabet that it takes as one word", () => {
    const options = {
      requestHeaders: { "X-Tenant": "a b|c\\", "X-Debug": null },
      responseHeaders: { Server: null },
    };
    const line = entryOf(routeTo("http://10.0.9.5", { options }), () => "10.0.9.5");
    const fields = line.split("|");
    expect(fields.slice(0, 12).join("|")).toBe("plain|10.0.9.5|80|||30000|3600000|0|50|w||");
    expect(fields.slice(12).map((field) => Buffer.from(field, "base64url").toString())).toEqual([
      "x-tenant a b|c\\\nx-debug",
      "server",
    ]);
    expect(isEntry("shop", line)).toBe(true);
  });

  test("of answers alone leave the field of those of requests empty", () => {
    const options = { responseHeaders: { Server: null } };
    expect(entryOf(routeTo("http://10.0.9.5", { options }), () => "10.0.9.5")).toMatch(
      /\|w\|\|\|\|c2VydmVy$/,
    );
  });

  test("as many and as large as the schema takes fit into an entry", () => {
    const headers = (letter: string) =>
      Object.fromEntries(
        Array.from({ length: 16 }, (_, index) => [`${letter}${10 + index}`, "v".repeat(59)] as const),
      );
    const options = { requestHeaders: headers("a"), responseHeaders: headers("b") };
    expect(problemsOf(options)).toEqual([]);
    const line = entryOf(routeTo("http://10.0.9.5", { options }), () => "10.0.9.5");
    expect(isEntry("shop", line)).toBe(true);
    expect(line.length).toBeLessThan(4000);
    const larger = { ...options.requestHeaders, a10: "v".repeat(100) };
    expect(problemsOf({ ...options, requestHeaders: larger })).toEqual([
      "options.requestHeaders: all headers of a route have at most 2000 bytes",
    ]);
  });

  test.each(["\n", "\r", "\0", "\t", "\x7f", "ä", "\u2028"])("have no %j in a name or a value", (bad) => {
    for (const text of [bad, `a${bad}b`, `${bad}a`, `a${bad}`]) {
      expect(problemsOf({ requestHeaders: { "x-a": text } }).join()).toContain(
        "options.requestHeaders.x-a: expected printable",
      );
      expect(problemsOf({ responseHeaders: { [`x${text}`]: "a" } })).not.toEqual([]);
    }
  });

  test.each(["x a", "x:", ":path", "-a", "", "a".repeat(65), "x|y|z ", "x\\"])("are not named %j", (name) => {
    expect(problemsOf({ requestHeaders: { [name]: "a" } })).toEqual([
      expect.stringMatching(/^options\.requestHeaders\..*: expected (the name of a header|at most 64)/),
    ]);
  });

  test.each([
    ...["Host", "Connection", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "Expect"],
    ...["Content-Length", "X-Forwarded-For", "x-forwarded-anything", "Sec-WebSocket-Key", "x-hapair-probe"],
  ])("are not %s, set or removed", (name) => {
    for (const value of ["a", null])
      for (const key of ["requestHeaders", "responseHeaders"])
        expect(parsed({ [key]: { [name]: value } }).success).toBe(false);
  });

  test.each([
    [{ requestHeaders: { "x-a": "1", "X-A": "2" } }, "options.requestHeaders: has a name twice"],
    [{ requestHeaders: { "x-a": "" } }, "options.requestHeaders.x-a: expected printable"],
    [{ requestHeaders: { "x-a": " a" } }, "options.requestHeaders.x-a: expected printable"],
    [
      { requestHeaders: Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`x-${index}`, "1"])) },
      "options.requestHeaders: expected at most 16 headers",
    ],
  ])("are refused with %j", (options, problem) => {
    expect(problemsOf(options)).toContainEqual(expect.stringContaining(problem));
  });
});
