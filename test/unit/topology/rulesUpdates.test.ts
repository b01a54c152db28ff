import { describe, expect, test } from "vitest";
import { parseTopology } from "../../../topology/parse.ts";
import { parseSecrets, splitSecrets } from "../../../topology/secrets/givenSecrets.ts";
import { updateSecrets, updatingPair } from "../../harness/edgePair.ts";
import { labWithPair, problemsOf } from "../fixtures.ts";

const { edge } = updatingPair;
const withUpdates = (change: Record<string, unknown>, pair: Record<string, unknown> = {}) =>
  labWithPair({ ...updatingPair, edge: { ...edge, updates: { ...edge.updates, ...change } }, ...pair });
const of = (change: Record<string, unknown>, pair?: Record<string, unknown>) =>
  problemsOf(JSON.parse(JSON.stringify(withUpdates(change, pair))));
const at = "pairs[0].edge.updates";

describe("a service that names nodes", () => {
  test("is a URL and a host; it is asked every 30 s", () => {
    const updates = { url: "https://updates.example.com/nodes?of=ws", host: "ws" };
    const [pair] = parseTopology(labWithPair({ ...updatingPair, edge: { ...edge, updates } })).pairs;
    expect(pair?.edge?.updates).toMatchObject({
      ...updates,
      ...{ intervalS: 30, timeoutMs: 5000, confirmAfter: 3, allowHttp: false },
      options: { websocket: true, tunnelTimeoutMs: 3_600_000 },
    });
  });

  test("needs the pair's routes", () => {
    expect(of({}, { routes: undefined })).toEqual([
      `${at}: needs the pair's routes, one of which it keeps: add \`routes: {}\``,
    ]);
  });

  test("has a route of its own, which is none of the config's", () => {
    const routes = { fixed: [{ host: `${edge.updates.host}`, target: "http://10.0.9.5:3000" }] };
    expect(of({}, { routes })).toEqual([
      `${at}.host: ws.apps.example.test: pairs[0].routes.fixed[0].host is a route of this name already: remove one`,
    ]);
  });

  test("gets its key without TLS at a private address alone, unless that is allowed", () => {
    for (const url of [
      "http://10.1.2.3/",
      "http://172.16.0.9:80/",
      "http://192.168.1.1/",
      "http://127.0.0.1:1/",
    ])
      expect(of({ url })).toEqual([]);
    for (const host of ["updates.example.com", "172.32.0.1", "8.8.8.8", "[fd00::1]", "localhost"]) {
      const url = `http://${host}/`;
      expect(of({ url })).toEqual([
        `${at}.url: sends the key to ${host} without TLS: use https, a private address, or set allowHttp`,
      ]);
      expect(of({ url, allowHttp: true })).toEqual([]);
    }
  });

  test.each([
    [{ url: "updates.example.com" }, "url: expected a URL of https"],
    [{ url: "ftp://updates.example.com/" }, "url: expected a URL of https"],
    [
      { url: "https://user:pass@updates.example.com/" },
      "url: has a user or a password: the key is the secret",
    ],
    [{ url: "https://updates.example.com/#a" }, "url: has a fragment"],
    [{ host: "Ws" }, "host: expected a host name in lower case"],
    [{ intervalS: 0 }, "intervalS: "],
    [{ confirmAfter: 1 }, "confirmAfter: "],
    [{ ca: "no certificate" }, "ca: expected certificates in PEM"],
    [{ options: { checks: {} } }, "options.checks: "],
    [{ options: { queue: 4 } }, "options.queue: needs maxConnections"],
    [{ apiKey: "secret" }, "apiKey: "],
  ])("is refused with %j", (change, problem) => {
    const problems = of(change);
    expect(problems.some((one) => one.startsWith(`${at}.${problem}`))).toBe(true);
  });
});

describe("its key", () => {
  const problems = (secrets: Record<string, unknown>, config = withUpdates({})) => {
    try {
      parseSecrets(parseTopology(config), splitSecrets(secrets).secrets);
      return [];
    } catch (error) {
      return String(error).split("\n").slice(1).join("\n");
    }
  };

  test("is a secret of the stack, whichever secrets the stack makes itself", () => {
    const { secrets } = splitSecrets(updateSecrets);
    expect(parseSecrets(parseTopology(withUpdates({})), secrets).updateKeys).toEqual({
      pg: updateSecrets.updates.pg.apiKey,
    });
    expect(problems({})).toContain(
      "updates.pg.apiKey: is missing: npm run pulumi -- config set --secret --path 'hapair:updates.pg.apiKey'",
    );
  });

  test("is one header's text, is never repeated, and has an owner", () => {
    for (const apiKey of ["two words", "two\r\nlines", "ümlaut", "x".repeat(4001)]) {
      const found = problems({ updates: { pg: { apiKey } } });
      expect(found).toContain("updates.pg.apiKey: expected 1 to 4000 printable characters without spaces");
      expect(found).not.toContain(apiKey);
    }
    expect(problems(updateSecrets, labWithPair({ edge: {}, routes: {} }))).toContain(
      "updates.pg.apiKey: belongs to no pair with edge.updates",
    );
  });
});
