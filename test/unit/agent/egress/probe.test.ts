import { createServer } from "node:net";
import { describe, expect, it } from "vitest";
import { type ProbeOptions, probeServer } from "../../../../agent/egress/probe/probe.ts";
import { trustOf } from "../../../../agent/egress/probe/tls.ts";
import {
  type AskedOfProxy,
  eventually,
  fullListener,
  httpsTarget,
  httpTarget,
  listening,
  proxyAt,
  rawServer,
  socksServer,
  testCa,
  unresolvable,
} from "./probeFixtures.ts";

const authority = testCa();
const certificate = authority.issue(`DNS:${unresolvable},IP:127.0.0.1`);

function options(targets: readonly string[], more: Partial<ProbeOptions> = {}): ProbeOptions {
  return {
    targets,
    warpTrace: "https://127.0.0.1:1/",
    connectTimeoutMs: 500,
    requestTimeoutMs: 1000,
    trust: trustOf(authority.ca),
    clock: () => 1234,
    ...more,
  };
}

const https = (port: number, host = "127.0.0.1") => `https://${host}:${port}/`;

/** A port of loopback without a listener. */
async function deadPort(): Promise<number> {
  await using gone = await listening(createServer());
  return gone.port;
}

describe("a proxy whose tunnel works", () => {
  it("is online with the latency of the whole HTTPS request, and no connection stays open", async () => {
    const methods: (string | undefined)[] = [];
    await using target = await httpsTarget(certificate, ({ method }, answer) => {
      methods.push(method);
      setTimeout(() => answer.end(), 60);
    });
    await using proxy = await socksServer();
    const seen = await probeServer(proxyAt(proxy.port), options([https(target.port)]));
    expect(seen).toEqual({
      server: `wg${proxy.port}`,
      atMs: 1234,
      state: "online",
      cause: null,
      latencyMs: expect.any(Number),
    });
    expect(seen.latencyMs).toBeGreaterThanOrEqual(59);
    expect(seen.latencyMs).toBeLessThan(1000);
    expect(methods).toEqual(["HEAD"]);
    await eventually(() => proxy.open.size === 0 && target.open.size === 0);
  });

  it("resolves the target's name itself", async () => {
    const asked: AskedOfProxy[] = [];
    await using target = await httpsTarget(certificate, (_, answer) => answer.end());
    await using proxy = await socksServer(asked);
    const seen = await probeServer(proxyAt(proxy.port), options([https(target.port, unresolvable)]));
    expect(seen.state).toBe("online");
    expect(asked).toEqual([{ host: unresolvable, type: "name" }]);
  });

  it.each([
    [200, "online", null],
    [301, "online", null],
    [404, "online", null],
    [499, "online", null],
    [500, "degraded", "bad-response"],
    [503, "degraded", "bad-response"],
  ])("with a target that answers %i over HTTP is %s", async (status, state, cause) => {
    await using target = await httpTarget((_, answer) => answer.writeHead(status).end());
    await using proxy = await socksServer();
    const seen = await probeServer(proxyAt(proxy.port), options([`http://127.0.0.1:${target.port}/`]));
    expect(seen).toMatchObject({ state, cause });
  });

  it("is measured again with its own last TLS session", async () => {
    const resumed: boolean[] = [];
    await using target = await httpsTarget(
      certificate,
      (_, answer) => answer.end(),
      (was) => resumed.push(was),
    );
    await using proxy = await socksServer();
    await using other = await socksServer();
    const how = options([https(target.port)]);
    for (const port of [proxy.port, proxy.port, other.port, proxy.port])
      await probeServer(proxyAt(port), how);
    expect(resumed).toEqual([false, true, false, true]);
    expect(how.trust.sessions.size).toBe(2);
  });
});

describe("the second target", () => {
  it("is asked at once when the first fails", async () => {
    await using second = await httpsTarget(certificate, (_, answer) => answer.end());
    await using proxy = await socksServer();
    const how = options([https(await deadPort()), https(second.port)], { requestTimeoutMs: 4000 });
    const before = performance.now();
    expect((await probeServer(proxyAt(proxy.port), how)).state).toBe("online");
    expect(performance.now() - before).toBeLessThan(1500);
  });

  it("is asked at half time when the first hangs, and the wait is not in its latency", async () => {
    await using first = await rawServer((socket) => socket.resume());
    await using second = await httpsTarget(certificate, (_, answer) => answer.end());
    await using proxy = await socksServer();
    const seen = await probeServer(proxyAt(proxy.port), options([https(first.port), https(second.port)]));
    expect(seen.state).toBe("online");
    expect(seen.latencyMs).toBeLessThan(450);
    await eventually(() => first.open.size === 0);
  });

  it("does not shorten the time of a first one that is only slow", async () => {
    await using first = await httpsTarget(certificate, (_, answer) => setTimeout(() => answer.end(), 700));
    await using second = await rawServer((socket) => socket.resume());
    await using proxy = await socksServer();
    const seen = await probeServer(proxyAt(proxy.port), options([https(first.port), https(second.port)]));
    expect(seen.state).toBe("online");
    expect(seen.latencyMs).toBeGreaterThanOrEqual(699);
  });

  it("is left alone while the first answers", async () => {
    await using first = await httpsTarget(certificate, (_, answer) => answer.end());
    await using second = await httpsTarget(certificate, (_, answer) => answer.end());
    await using proxy = await socksServer();
    await probeServer(proxyAt(proxy.port), options([https(first.port), https(second.port)]));
    expect([proxy.accepted(), second.accepted()]).toEqual([1, 0]);
  });

  it("does not replace the first one's cause where both fail", async () => {
    await using first = await httpTarget((_, answer) => answer.writeHead(503).end());
    await using proxy = await socksServer();
    const how = options([`http://127.0.0.1:${first.port}/`, https(await deadPort())]);
    expect(await probeServer(proxyAt(proxy.port), how)).toMatchObject({
      state: "degraded",
      cause: "bad-response",
    });
  });
});

describe("a certificate", () => {
  it.each([
    ["of an untrusted authority", testCa().issue("IP:127.0.0.1")],
    ["for another name, also where a session could be resumed", authority.issue("DNS:other.test")],
  ])("%s is a degraded tunnel, every time", async (_, bad) => {
    await using target = await httpsTarget(bad, (__, answer) => answer.end());
    await using proxy = await socksServer();
    const how = options([https(target.port)]);
    for (const round of [1, 2])
      expect(await probeServer(proxyAt(proxy.port), how), `round ${round}`).toMatchObject({
        state: "degraded",
        cause: "certificate-untrusted",
      });
  });

  it("that is not PEM is refused when the config is read, not at every probe", () => {
    expect(() => trustOf("-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----")).toThrow();
  });
});

describe("a proxy whose exit has to be WARP", () => {
  const trace = (warp: string) => `fl=1\nip=192.0.2.1\nwarp=${warp}\ngateway=off\n`;

  it.each([
    ["on", trace("on"), "online", null],
    ["plus", trace("plus"), "online", null],
    ["off", trace("off"), "degraded", "not-warp"],
    ["of nothing", "hello", "degraded", "not-warp"],
    ["without an end", "x".repeat(1_000_000), "degraded", "bad-response"],
  ])("with a trace that says warp %s is %s", async (_, page, state, cause) => {
    await using target = await httpsTarget(certificate, ({ method, url }, answer) =>
      answer.end(method === "GET" && url === "/cdn-cgi/trace" ? page : ""),
    );
    await using proxy = await socksServer();
    const how = options(["https://127.0.0.1:1/"], { warpTrace: `${https(target.port)}cdn-cgi/trace` });
    expect(await probeServer(proxyAt(proxy.port, true), how)).toMatchObject({ state, cause });
    await eventually(() => proxy.open.size === 0);
  });
});

describe("a proxy that cannot be reached is offline", () => {
  it("refused, where nothing listens", async () => {
    const how = options([https(1), https(2)]);
    expect(await probeServer(proxyAt(await deadPort()), how)).toMatchObject({
      state: "offline",
      cause: "refused",
      latencyMs: null,
    });
  });

  it("unreachable, where there is no route", async () => {
    const nowhere = { ...proxyAt(1080), address: "255.255.255.255" };
    expect((await probeServer(nowhere, options([https(1)]))).state).toBe("offline");
  });

  it("connect-timeout, where nothing answers, at the deadline", async () => {
    await using busy = await fullListener();
    const before = performance.now();
    const seen = await probeServer(proxyAt(busy.port), options([https(1)], { connectTimeoutMs: 200 }));
    expect(seen).toMatchObject({ state: "offline", cause: "connect-timeout" });
    expect(performance.now() - before).toBeLessThan(1000);
  });
});
