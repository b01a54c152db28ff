import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { openFetch } from "../../../../agent/updates/fetchList.ts";
import { freePort } from "../../../harness/freePort.ts";
import { httpsTarget, httpTarget, testCa } from "../egress/probeFixtures.ts";

const apiKey = "key-0123456789";
const never = new AbortController().signal;
const to = (port: number, more = {}) =>
  openFetch({ url: `http://127.0.0.1:${port}/nodes?of=ws`, apiKey, timeoutMs: 400, ...more });

test("a service is asked with its key and the tag of the list before", async () => {
  const asked: IncomingMessage[] = [];
  await using service = await httpTarget((request, response) => {
    asked.push(request);
    const isKnown = request.headers["if-none-match"] === '"1"';
    response.writeHead(isKnown ? 304 : 200, { etag: '"1"' }).end(isKnown ? "" : '["http://10.0.9.1:3000"]');
  });
  const fetchList = to(service.port);
  const list = { etag: '"1"', targets: [{ url: "http://10.0.9.1:3000", weight: 1 }] };
  expect(await fetchList(null, never)).toEqual(list);
  expect(await fetchList('"1"', never)).toBeNull();
  expect(await fetchList('"0"', never)).toEqual(list);
  expect(asked.map(({ url }) => url)).toEqual(["/nodes?of=ws", "/nodes?of=ws", "/nodes?of=ws"]);
  expect(asked.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill(`Bearer ${apiKey}`));
  expect(asked.map(({ headers }) => headers["if-none-match"])).toEqual([undefined, '"1"', '"0"']);
});

const whole =
  (status: number, text = "", headers = {}) =>
  (_: IncomingMessage, response: ServerResponse) =>
    void response.writeHead(status, headers).end(text);

test.each<[string, (request: IncomingMessage, response: ServerResponse) => void, string, RegExp]>([
  ["HTML", whole(200, "<html>secret page</html>"), "not-json", /^the answer is no JSON: 24 bytes/],
  [
    "a nested field of a wrong type",
    whole(200, '{"nodes":[{"url":"http://a"},{"address":"b","port":"1"}]}'),
    "bad-list",
    /: nodes\.1\.port: expected a port/,
  ],
  ["deep nesting", whole(200, "[".repeat(400_000)), "not-json", /no JSON/],
  ["a redirect", whole(302, "", { location: "http://127.0.0.1:1/" }), "redirect", /status 302/],
  [
    "401",
    whole(401),
    "unauthorized",
    /does not take the key: status 401: see the secret updates\.PAIR\.apiKey/,
  ],
  ["403", whole(403), "unauthorized", /status 403/],
  ["500", whole(500), "status", /status 500/],
  ["204", whole(204), "status", /status 204/],
  ["304 to who has no list", whole(304), "status", /status 304/],
  ["silence", () => {}, "timeout", /within 400 ms/],
  ["a beginning", (_, response) => void response.writeHead(200).write("["), "timeout", /within 400 ms/],
  ["2 MB", whole(200, " ".repeat(2_000_000)), "too-large", /more than 1048576 bytes/],
  [
    "an end in the middle",
    (_, response) => {
      response.writeHead(200, { "content-length": 9 }).write("[");
      setTimeout(() => response.destroy(), 20);
    },
    "unreachable",
    /cannot be reached/,
  ],
])("an answer of %s is refused, and neither it nor the key is repeated", async (_, answer, reason, words) => {
  await using service = await httpTarget(answer);
  const refused = await to(service.port)(null, never).catch((error: unknown) => error);
  expect(refused).toMatchObject({ name: "UpdateProblem", reason, message: expect.stringMatching(words) });
  expect(String(refused)).not.toMatch(/secret page|key-0123456789/);
});

test("a service that is not there is unreachable, and one that is asked when the agent stops is not waited for", async () => {
  await expect(to(await freePort())(null, never)).rejects.toMatchObject({ reason: "unreachable" });
  await using service = await httpTarget(() => {});
  const ending = new AbortController();
  const asked = to(service.port, { timeoutMs: 60_000 })(null, ending.signal);
  setTimeout(() => ending.abort(), 50);
  await expect(asked).rejects.toMatchObject({ name: "UpdateProblem" });
});

test("a service with TLS is asked only where its certificate is of the given authority, and for its name", async () => {
  const ca = testCa();
  let count = 0;
  await using service = await httpsTarget(ca.issue("IP:127.0.0.1"), (_, response) => {
    count += 1;
    response.end("[]");
  });
  const url = `https://127.0.0.1:${service.port}/`;
  const ask = (more: object) => openFetch({ url, apiKey, timeoutMs: 2000, ...more })(null, never);
  expect(await ask({ ca: ca.ca })).toEqual({ etag: null, targets: [] });
  await expect(ask({})).rejects.toMatchObject({ reason: "unreachable" });
  await expect(ask({ ca: testCa().ca })).rejects.toMatchObject({ reason: "unreachable" });
  await expect(ask({ ca: ca.ca, url: url.replace("127.0.0.1", "localhost") })).rejects.toMatchObject({
    reason: "unreachable",
  });
  expect(count).toBe(1);
});
