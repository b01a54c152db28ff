import fc from "fast-check";
import { endpoints } from "../../../contract/routes/api.ts";
import { hostileJson } from "./json.ts";
import { awkwardText } from "./values.ts";

/** Requests to the API: its own endpoints with anything in each place, and bytes that are no HTTP. */

const route = {
  agent: "shop",
  target: "http://10.0.9.5:3000",
  options: { hostHeader: "shop", websocket: false, maxConnections: 7, responseTimeoutMs: 1000 },
};
const severalTargets = {
  agent: "shop",
  targets: [{ url: "http://10.0.9.5", weight: 3 }, { url: "https://app.internal" }],
  options: { verify: false },
};
const transaction = {
  changes: [
    { do: "put", route: { host: "shop", ...route } },
    { do: "put", route: { host: "cart.example.com", ...severalTargets } },
    { do: "remove", host: "old", agent: "shop" },
  ],
  ifVersion: 0,
  dryRun: false,
  probe: true,
};
const one = fc.oneof(hostileJson(route), hostileJson(severalTargets), fc.constant(JSON.stringify(route)));
const many = fc.oneof(
  { weight: 3, arbitrary: hostileJson(transaction) },
  fc.constant(JSON.stringify(transaction)),
);
const bodies: Readonly<Record<string, fc.Arbitrary<string>>> = { PUT: one, POST: many };
const anyBody = fc.oneof({ weight: 3, arbitrary: fc.constant("") }, one);

const name = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("shop", "cart.example.com") },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "shop",
      "a.example.com",
      "*.example.com",
      "-a",
      "A",
      "a..b",
      "__proto__",
      "%00",
      "%2e%2e",
      "%E0%A4",
    ),
  },
  {
    weight: 1,
    arbitrary: awkwardText.map((text) => encodeURIComponent(text.toWellFormed()).slice(0, 12_000)),
  },
);
/** Without `/api/events`, which answers as long as its client listens. */
const places = Object.values(endpoints)
  .filter((endpoint) => !("answerType" in endpoint))
  .map(({ method, path }) => ({ method, path }));

const changes = places.filter(
  ({ path }) => path.startsWith("/api/routes/") || path.endsWith("/transactions"),
);

const place = fc
  .tuple(fc.oneof(fc.constantFrom(...places), fc.constantFrom(...changes)), name)
  .chain(([{ method, path }, host]) =>
    (bodies[method] ?? anyBody).map((body) => ({ method, path: path.replace(/\{\w+\}/, () => host), body })),
  );
const query = fc
  .array(
    fc.tuple(
      fc.constantFrom("agent", "probe", "dryRun", "x", "", "__proto__"),
      fc.oneof(fc.constantFrom("true", "shop", ""), name),
    ),
    { maxLength: 3 },
  )
  .map((pairs) => (pairs.length === 0 ? "" : `?${pairs.map((pair) => pair.join("=")).join("&")}`));
const method = fc.constantFrom(
  "GET",
  "HEAD",
  "PUT",
  "POST",
  "DELETE",
  "PATCH",
  "OPTIONS",
  "CONNECT",
  "TRACE",
  "get",
);
const header: fc.Arbitrary<[string, string]> = fc.tuple(
  fc.constantFrom(
    "if-match",
    "idempotency-key",
    "authorization",
    "content-type",
    "x-admin-key",
    "expect",
    "upgrade",
    "content-encoding",
    "cookie",
  ),
  fc.oneof(
    fc.constantFrom('"0"', '"7"', "*", "100-continue", "Bearer x", "websocket", "gzip", "", "a".repeat(9000)),
    awkwardText.map((text) => text.replaceAll(/[^\x20-\x7e\xa0-\xff]/g, "?").slice(0, 9000)),
  ),
);

const requests = fc
  .record({
    place,
    query: fc.oneof({ weight: 3, arbitrary: fc.constant("") }, { weight: 1, arbitrary: query }),
    other: fc.oneof({ weight: 8, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: method }),
    headers: fc.oneof(
      { weight: 2, arbitrary: fc.constant<[string, string][]>([]) },
      fc.array(header, { maxLength: 4 }),
    ),
  })
  .map(({ place: { method: usual, path, body }, query: asked, other = usual, headers }) => {
    const bytes = Buffer.from(body.toWellFormed()).toString("latin1");
    const lines = [
      `${other} ${path}${asked} HTTP/1.1`,
      ...["host: a", "connection: close", `content-length: ${bytes.length}`],
      ...headers.map(([key, value]) => `${key}: ${value}`),
    ];
    return `${lines.join("\r\n")}\r\n\r\n${bytes}`;
  });

/** What stands in a request line or between two headers. */
const fragments = [
  ...[
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    "\0",
    ":",
    "HTTP/1.1",
    "HTTP/9.9",
    "GET ",
    "/api/routes",
    "/api/../api",
    "//",
    "?",
    "#",
    "%",
  ],
  ...[
    "Content-Length: 5\r\n",
    "Content-Length: -1\r\n",
    "Transfer-Encoding: chunked\r\n\r\n",
    "5\r\nhello\r\n",
    "0\r\n\r\n",
    "ffffffffffffffff\r\n",
  ],
  ...[
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00",
    "a".repeat(20_000),
    "x: y\r\n".repeat(500),
  ],
];
const noRequests = fc
  .array(fc.constantFrom(...fragments), { minLength: 1, maxLength: 12 })
  .map((parts) => parts.join(""));

export const hostileRequests: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: requests },
  { weight: 1, arbitrary: noRequests },
);
