import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type ProbeOptions, probeServer } from "../../../../agent/egress/probe/probe.ts";
import { trustOf } from "../../../../agent/egress/probe/tls.ts";
import { eventually, proxyAt, rawServer } from "./probeFixtures.ts";

/** Never reached: each of these proxies accepts, however busy the machine is. */
const connectTimeoutMs = 5000;
const requestTimeoutMs = 400;
/** Allowance for a busy machine. */
const slackMs = 800;

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

/** Answers the client's first data with the first part, its next data with the second, and so on. */
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

/** Answers as `says` does, and closes the connection after the last part. */
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

/** Writes without end. */
const pours = (text: string) => (socket: Socket) => {
  const block = Buffer.from(text.repeat(Math.ceil(65_536 / text.length)));
  const more = (): void => {
    while (!socket.destroyed && socket.write(block));
  };
  socket.on("drain", more);
  more();
};

/** Completes the SOCKS handshake, and passes the connection on at the client's next data. */
const then = (next: (socket: Socket) => void) => (socket: Socket) => {
  socket.once("data", () => {
    socket.write(noAuth);
    socket.once("data", () => {
      socket.write(granted);
      socket.once("data", () => next(socket));
    });
  });
};

/** Writes a text, and then repeats another without end. */
const thenPours = (first: string | Buffer, rest: string) =>
  then((socket) => {
    socket.write(first);
    pours(rest)(socket);
  });

const drips = (bytes: Buffer) => (socket: Socket) => {
  let sent = 0;
  const timer = setInterval(() => {
    socket.write(bytes.subarray(sent, sent + 1));
    sent += 1;
  }, 100);
  socket.on("close", () => clearInterval(timer));
};

/**
 * A whole ServerHello of TLS 1.2 (RFC 5246, 7.4.1.3): ECDHE-RSA-AES128-GCM-SHA256, no session, and the extension
 * renegotiation_info, without which OpenSSL aborts the handshake.
 */
const serverHello = Buffer.from(
  `1603030031 0200002d 0303 ${"00".repeat(32)} 00 c02f 00 0005 ff01000100`.replaceAll(" ", ""),
  "hex",
);
/** The beginning of a 16 MB Certificate message in a 16 KB record. */
const certificate = Buffer.from("1603034000 0bffffff ffffff".replaceAll(" ", ""), "hex");
const halfHead = Buffer.from("HTTP/1.1 200 OK\r\ncontent-le");

const reply = (code: number) => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);

it.each<[string, (socket: Socket) => void, string, readonly string[]]>([
  ["says nothing", (socket) => socket.resume(), "request-timeout", secure],
  ["pours a banner without end", pours("220 welcome\r\n"), "not-socks", secure],
  ["answers in version 4", says(Buffer.from([4, 0])), "not-socks", secure],
  ["speaks HTTP", says("HTTP/1.1 400 Bad Request\r\n\r\n"), "not-socks", secure],
  ["requires another authentication", says(Buffer.from([5, 255])), "auth-required", secure],
  ["requires a password", says(Buffer.from([5, 2]), Buffer.from([1, 1])), "auth-required", secure],
  ["selects an authentication that was not offered", says(Buffer.from([5, 1])), "auth-required", secure],
  ["closes at once", (socket) => socket.resume().end(), "closed-early", secure],
  ["resets at once", (socket) => socket.resetAndDestroy(), "closed-early", secure],
  ["closes after the client's first message", leavesAfter(), "closed-early", secure],
  ["closes after its first message", leavesAfter(noAuth), "closed-early", secure],
  ["closes in the tunnel", leavesAfter(noAuth, granted), "closed-early", secure],
  ["closes in the tunnel without TLS", leavesAfter(noAuth, granted), "closed-early", plain],
  ["closes after its ServerHello", then((s) => s.end(serverHello)), "closed-early", secure],
  ["is silent after its ServerHello", then((s) => s.write(serverHello)), "request-timeout", secure],
  ["closes in the middle of an HTTP head", then((s) => s.end(halfHead)), "closed-early", plain],
  [
    "resets in the middle of an HTTP head",
    then((s) => s.write(halfHead, () => s.resetAndDestroy())),
    "closed-early",
    plain,
  ],
  ["is silent in the middle of an HTTP head", then((s) => s.write(halfHead)), "request-timeout", plain],
  ["sends half of its first message", says(Buffer.from([5])), "request-timeout", secure],
  ["sends half a reply", says(noAuth, granted.subarray(0, 6)), "request-timeout", secure],
  ["replies in version 4", says(noAuth, Buffer.from([4, 0, 0, 1, 0, 0, 0, 0, 0, 0])), "not-socks", secure],
  ["sends one byte now and then", drips(Buffer.concat([noAuth, granted])), "request-timeout", secure],
  ["grants and is silent", says(noAuth, granted), "request-timeout", secure],
  ["grants and is silent without TLS", says(noAuth, granted), "request-timeout", plain],
  [
    "grants with an unknown address type",
    says(noAuth, Buffer.from([5, 0, 0, 9, 1, 2, 3])),
    "tls-failed",
    secure,
  ],
  [
    "grants, with garbage after it",
    says(noAuth, Buffer.concat([granted, Buffer.from("garbage")])),
    "tls-failed",
    secure,
  ],
  ["grants, then garbage", says(noAuth, granted, "garbage, and no TLS at all"), "tls-failed", secure],
  ["grants, then garbage without TLS", says(noAuth, granted, "garbage, and no HTTP"), "bad-response", plain],
  ["grants, then pours garbage", then(pours("x")), "tls-failed", secure],
  ["grants, then pours headers", thenPours("HTTP/1.1 200 OK\r\n", "a: b\r\n"), "bad-response", plain],
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
  "a proxy that %s is degraded within the deadline, and no connection stays open",
  async (_, serve, cause, targets) => {
    await using proxy = await rawServer(serve);
    const before = performance.now();
    const seen = await probeServer(proxyAt(proxy.port), how(targets));
    expect(performance.now() - before).toBeLessThan(requestTimeoutMs + slackMs);
    expect(seen).toMatchObject({ state: "degraded", cause, latencyMs: null });
    expect(proxy.accepted()).toBe(2);
    await eventually(() => proxy.open.size === 0);
  },
);

it("no sequence of random bytes is taken for a tunnel or breaks the program", async () => {
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

/** Bytes that this process reads during `work` from connections that it opens; a bound on what it can keep. */
async function bytesRead(work: () => Promise<unknown>): Promise<number> {
  const sockets: Socket[] = [];
  const note = (message: unknown) => sockets.push((message as { socket: Socket }).socket);
  subscribe("net.client.socket", note);
  try {
    await work();
  } finally {
    unsubscribe("net.client.socket", note);
  }
  expect(sockets).not.toEqual([]);
  return sockets.reduce((sum, socket) => sum + socket.bytesRead, 0);
}

it.each<[string, (socket: Socket) => void, readonly string[] | "warp"]>([
  ["a banner", pours("220 welcome\r\n"), secure],
  ["garbage instead of TLS", then(pours("x")), secure],
  ["a certificate", thenPours(Buffer.concat([serverHello, certificate]), "x"), secure],
  ["headers", thenPours("HTTP/1.1 200 OK\r\n", "a: b\r\n"), plain],
  ["one header", thenPours("HTTP/1.1 200 OK\r\na: ", "a"), plain],
  ["interim answers", then(pours("HTTP/1.1 100 Continue\r\n\r\n")), plain],
  ["a WARP trace", thenPours("HTTP/1.1 200 OK\r\n\r\n", "warp=off\n"), "warp"],
])("a probe reads at most 256 KB from a proxy that sends %s without end", async (_, serve, targets) => {
  await using proxy = await rawServer(serve);
  const isWarp = targets === "warp";
  const options = { ...how(isWarp ? [] : targets), warpTrace: "http://192.0.2.1/" };
  const read = await bytesRead(() => probeServer(proxyAt(proxy.port, isWarp), options));
  expect(read).toBeGreaterThan(0);
  expect(read).toBeLessThan(256 * 1024);
});
