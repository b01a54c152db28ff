import type { Socket } from "node:net";
import fc from "fast-check";
import { expect, it } from "vitest";
import { trustOf } from "../../../../agent/egress/probe/trust.ts";
import { type ProbeOptions, probeServer } from "../../../../agent/egress/probe.ts";
import { eventually, proxyAt, rawServer } from "./probeFixtures.ts";

const connectTimeoutMs = 200;
const requestTimeoutMs = 400;
/** For a machine that is busy with something else. */
const slackMs = 600;

const how = (targets: readonly string[]): ProbeOptions => ({
  targets,
  warpTrace: "https://192.0.2.1/",
  connectTimeoutMs,
  requestTimeoutMs,
  trust,
  clock: () => 0,
});
const trust = trustOf("");
const secure = ["https://192.0.2.1/", "https://192.0.2.2/"];
const plain = ["http://192.0.2.1/", "http://192.0.2.2/"];

const noAuth = Buffer.from([5, 0]);
const granted = Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, 0, 0]);

/** Answers the first words of the client with the first part, the next with the second, and so on. */
const says =
  (...parts: readonly (Buffer | string)[]) =>
  (socket: Socket) => {
    let turn = 0;
    socket.on("data", () => {
      const part = parts[turn];
      turn += 1;
      if (part !== undefined) socket.write(part);
    });
  };

/** The same, and goes away instead of the next answer. */
const leavesAfter =
  (...parts: readonly Buffer[]) =>
  (socket: Socket) => {
    let turn = 0;
    socket.on("data", () => {
      const part = parts[turn];
      turn += 1;
      if (part === undefined) socket.end();
      else socket.write(part);
    });
  };

/** Writes for as long as anybody reads. */
const pours = (text: string) => (socket: Socket) => {
  const block = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
  const more = (): void => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on("drain", more);
  more();
};

/** After the handshake of the proxy. */
const then = (next: (socket: Socket) => void) => (socket: Socket) => {
  socket.once("data", () => {
    socket.write(noAuth);
    socket.once("data", () => {
      socket.write(granted);
      socket.once("data", () => next(socket));
    });
  });
};

const drips = (bytes: Buffer) => (socket: Socket) => {
  let sent = 0;
  const timer = setInterval(() => {
    socket.write(bytes.subarray(sent, sent + 1));
    sent += 1;
  }, 100);
  socket.on("close", () => clearInterval(timer));
};

const reply = (code: number) => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);

it.each<[string, (socket: Socket) => void, string, readonly string[]]>([
  ["says nothing", (socket) => socket.resume(), "request-timeout", secure],
  ["pours a banner without end", pours("220 welcome\r\n"), "not-socks", secure],
  ["answers in version 4", says(Buffer.from([4, 0])), "not-socks", secure],
  ["speaks HTTP", says("HTTP/1.1 400 Bad Request\r\n\r\n"), "not-socks", secure],
  ["wants another authentication", says(Buffer.from([5, 255])), "auth-required", secure],
  ["wants a password", says(Buffer.from([5, 2]), Buffer.from([1, 1])), "auth-required", secure],
  ["wants an authentication that nobody offered", says(Buffer.from([5, 1])), "auth-required", secure],
  ["closes at once", (socket) => socket.resume().end(), "closed-early", secure],
  ["resets at once", (socket) => socket.resetAndDestroy(), "closed-early", secure],
  ["closes after our first words", leavesAfter(), "closed-early", secure],
  ["closes after its first words", leavesAfter(noAuth), "closed-early", secure],
  ["closes in the tunnel", leavesAfter(noAuth, granted), "closed-early", secure],
  ["closes in the tunnel without TLS", leavesAfter(noAuth, granted), "closed-early", plain],
  ["says half a first word", says(Buffer.from([5])), "request-timeout", secure],
  ["says half a reply", says(noAuth, granted.subarray(0, 6)), "request-timeout", secure],
  ["replies in version 4", says(noAuth, Buffer.from([4, 0, 0, 1, 0, 0, 0, 0, 0, 0])), "not-socks", secure],
  ["says one byte now and then", drips(Buffer.concat([noAuth, granted])), "request-timeout", secure],
  ["grants and is silent", says(noAuth, granted), "request-timeout", secure],
  ["grants and is silent without TLS", says(noAuth, granted), "request-timeout", plain],
  [
    "grants with an address of no kind",
    says(noAuth, Buffer.from([5, 0, 0, 9, 1, 2, 3])),
    "tls-failed",
    secure,
  ],
  [
    "grants, garbage behind it",
    says(noAuth, Buffer.concat([granted, Buffer.from("garbage")])),
    "tls-failed",
    secure,
  ],
  ["grants, then garbage", says(noAuth, granted, "garbage, and no TLS at all"), "tls-failed", secure],
  ["grants, then garbage without TLS", says(noAuth, granted, "garbage, and no HTTP"), "bad-response", plain],
  ["grants, then pours garbage", then(pours("x")), "tls-failed", secure],
  [
    "grants, then pours headers",
    then((s) => pours("a: b\r\n")(s.write("HTTP/1.1 200 OK\r\n") ? s : s)),
    "bad-response",
    plain,
  ],
  ["grants, then pours interim answers", then(pours("HTTP/1.1 100 Continue\r\n\r\n")), "bad-response", plain],
  [
    "grants, then drips an answer",
    then(drips(Buffer.from("HTTP/1.1 200 OK\r\n\r\n"))),
    "request-timeout",
    plain,
  ],
  ...[
    "proxy-failure",
    "proxy-not-allowed",
    "proxy-network-unreachable",
    "proxy-host-unreachable",
    "proxy-connection-refused",
    "proxy-ttl-expired",
    "proxy-command-unsupported",
    "proxy-address-unsupported",
    "proxy-refused",
  ].map((cause, index): [string, (socket: Socket) => void, string, readonly string[]] => [
    `refuses with code ${index + 1}`,
    says(noAuth, reply(index + 1)),
    cause,
    secure,
  ]),
])(
  "a proxy that %s is degraded, in bounded time and with no connection left",
  async (_, serve, cause, targets) => {
    await using proxy = await rawServer(serve);
    const before = performance.now();
    const seen = await probeServer(proxyAt(proxy.port), how(targets));
    expect(performance.now() - before).toBeLessThan(connectTimeoutMs + requestTimeoutMs + slackMs);
    expect(seen).toMatchObject({ state: "degraded", cause, latencyMs: null });
    expect(proxy.accepted()).toBe(2);
    await eventually(() => proxy.open.size === 0);
  },
);

it("no bytes, however they are cut, are taken for a tunnel, and none breaks the program", async () => {
  const bytes = fc.uint8Array({ minLength: 0, maxLength: 40 }).map((part) => Buffer.from(part));
  const likely = fc.oneof(
    bytes,
    fc.constant(noAuth),
    fc.constant(granted),
    bytes.map((rest) => Buffer.concat([noAuth, rest])),
    bytes.map((rest) => Buffer.concat([Buffer.from([5, 0, 0]), rest])),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(likely, { maxLength: 4 }),
      fc.constantFrom(secure, plain),
      async (parts, targets) => {
        await using proxy = await rawServer(says(...parts));
        const seen = await probeServer(proxyAt(proxy.port), { ...how(targets), requestTimeoutMs: 40 });
        expect(seen.state).toBe("degraded");
        await eventually(() => proxy.open.size === 0);
      },
    ),
    { numRuns: 150 },
  );
});

it("a proxy that pours costs no memory: at most a few reads stay", async () => {
  await using proxy = await rawServer(then(pours("HTTP/1.1 100 Continue\r\n\r\n")));
  await probeServer(proxyAt(proxy.port), how(plain));
  const before = process.memoryUsage().rss;
  for (let round = 0; round < 20; round += 1) await probeServer(proxyAt(proxy.port), how(plain));
  expect(process.memoryUsage().rss - before).toBeLessThan(32 * 1024 * 1024);
});
