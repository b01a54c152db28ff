import { get, Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { serve } from "../../../../agent/daemon/http.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function statusOf(port: number, localAddress = "127.0.0.1"): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", localAddress, port, path: "/page", agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });
}

test("a connection that cannot be accepted (no file descriptor left) is reported once and ends nothing", async () => {
  const listen = vi.spyOn(Server.prototype, "listen");
  const reported: string[] = [];
  const served = serve(
    { listen: [{ address: "127.0.0.1", port: 0 }], trusted: [] },
    { "/page": () => ({ type: "text/plain", body: "here" }) },
    (sentence) => reported.push(sentence),
  );
  const server = listen.mock.contexts[0] as Server;
  await vi.waitUntil(() => server.listening);
  const { port } = server.address() as AddressInfo;
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  for (let error = 0; error < 3; error += 1) server.emit("error", new Error("accept EMFILE"));
  vi.advanceTimersByTime(10_000);
  vi.useRealTimers();
  expect(listen).toHaveBeenCalledOnce();
  expect(await statusOf(port)).toBe(200);
  expect(reported).toEqual([expect.stringContaining("accept EMFILE")]);
  served.close();
});

test("silent connections leave places for peers, and end after five seconds", async () => {
  const listen = vi.spyOn(Server.prototype, "listen");
  const pages = { "/page": () => ({ type: "text/plain", body: "here" }) };
  const served = serve(
    { listen: [{ address: "0.0.0.0", port: 0 }], trusted: ["127.0.0.2"] },
    pages,
    () => {},
  );
  const server = listen.mock.contexts[0] as Server;
  await vi.waitUntil(() => server.listening);
  const { port } = server.address() as AddressInfo;
  const silent = Array.from({ length: 100 }, () => connect({ host: "127.0.0.1", port }));
  for (const socket of silent) socket.on("error", () => undefined).resume();
  try {
    const begun = performance.now();
    await vi.waitUntil(() => silent.filter(({ destroyed }) => destroyed).length >= 52, { timeout: 5000 });
    expect(await statusOf(port, "127.0.0.2")).toBe(200);
    await vi.waitUntil(() => silent.every(({ destroyed }) => destroyed), { timeout: 10_000 });
    expect(performance.now() - begun).toBeLessThan(8000);
  } finally {
    for (const socket of silent) socket.destroy();
    served.close();
  }
}, 20_000);
