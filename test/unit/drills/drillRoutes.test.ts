import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askForRoute } from "../../../drills/clients/ask.ts";
import { lostChanges } from "../../../drills/measure/lostChanges.ts";
import { signed } from "../../harness/certificates.ts";
import { freePort } from "../../harness/freePort.ts";

const authority = signed("authority");
const host = "steady.apps.example.test";
let server: Server;
let port: number;
let connections = 0;

beforeAll(async () => {
  const { key, certificate } = signed("edge", authority, `DNS:${host}`);
  server = createServer({ key, cert: certificate }, (request, response) => {
    if (request.url === "/hangs") return;
    response.statusCode = request.url === "/" ? 200 : 503;
    response.end("an answer");
  });
  server.on("secureConnection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const asker = (path: string, { keeps = false, at = port, ca = authority.certificate } = {}) =>
  askForRoute({
    ...{ ask: "route", url: `https://127.0.0.1:${at}${path}`, host, ca, keeps, intervalMs: 10 },
    deadlineMs: 500,
  });

describe("a client of the edge", () => {
  test("is served where the target has answered, and says what it got otherwise", async () => {
    expect(await asker("/")()).toBe("ok");
    expect(await asker("/away")()).toBe("503");
    expect(await asker("/hangs")()).toBe("timeout");
    expect(await asker("/", { at: await freePort() })()).toBe("ECONNREFUSED");
  });

  test("takes no other certificate than the edge's", async () => {
    const other = signed("another authority");
    expect(await asker("/", { ca: other.certificate })()).not.toBe("ok");
  });

  test("has a connection for each request, or keeps it", async () => {
    for (const [keeps, expected] of [
      [false, 3],
      [true, 1],
    ] as const) {
      connections = 0;
      const ask = asker("/", { keeps });
      for (let count = 0; count < 3; count += 1) expect(await ask()).toBe("ok");
      expect(connections).toBe(expected);
    }
  });
});

test("a change is lost where a node serves an earlier one, or none; a later one may have been made unheard", () => {
  const acknowledged = { "w0-1": 11, "w0-2": 12, "w1-1": 21, "w1-2": 2 };
  expect(lostChanges("haproxy2", acknowledged, [11, 22, 1, "404 no such route"])).toEqual([
    "w1-1: 21, and haproxy2 serves 1",
    "w1-2: 2, and haproxy2 serves 404 no such route",
  ]);
  expect(lostChanges("haproxy2", acknowledged, [])).toHaveLength(4);
});
